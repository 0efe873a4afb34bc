// Three apps with their own lists, files and ways of hearing: what three_apps.c does, shortened.

import CAppnet
import Foundation

struct AppnetError: Error {
    let code: AppnetCode
    let text: String
}

/// Calls a function of the library, and makes an error of its code and text.
@discardableResult
func call(_ good: [AppnetCode] = [AppnetCode(0)], _ function: (UnsafeMutablePointer<AppnetText>) -> AppnetCode) throws -> AppnetCode {
    var error = AppnetText(data: nil, length: 0)
    let code = function(&error)
    defer { appnet_text_free(&error) }
    if !good.contains(code) {
        throw AppnetError(code: code, text: error.data.map { String(cString: $0) } ?? "")
    }
    return code
}

func launch(_ network: UInt64, _ config: String, _ directory: String = "", _ callback: AppnetCallback? = nil) throws -> UInt64 {
    var app: UInt64 = 0
    try call { appnet_launch(network, config, config.utf8.count, directory, directory.utf8.count, callback, nil, &app, $0) }
    return app
}

func send(_ app: UInt64, _ json: String) throws {
    try call { appnet_send(app, json, json.utf8.count, nil, 0, nil, $0) }
}

/// Waits for an event with this text in its JSON; gives the lengths of its attachments.
func wait(_ app: UInt64, for wanted: String) throws -> [Int] {
    while true {
        var event: UnsafeMutablePointer<AppnetEvent>?
        try call { appnet_next_event(app, 10_000, &event, $0) }
        guard let event else { continue }
        defer { appnet_event_free(event) }
        let bytes = UnsafeRawBufferPointer(start: event.pointee.json, count: event.pointee.json_length)
        let parts = UnsafeBufferPointer(start: event.pointee.attachments, count: event.pointee.attachment_count)
        if String(decoding: bytes, as: UTF8.self).contains(wanted) { return parts.map(\.length) }
    }
}

let arguments = CommandLine.arguments
let (port, caFile, folder) = (arguments[1], arguments[2], arguments[3])
let host = "https://api.example.com"

func config(_ id: String, _ domains: String) -> String {
    "{\"appId\": \"\(id)\", \"domains\": {\(domains)}, \"connectTo\": [\"api.example.com::127.0.0.1:\(port)\"]}"
}

func request(_ task: Int, _ path: String, api: String = "request", more: String = "") -> String {
    "{\"type\": \"call\", \"task\": \(task), \"api\": \"\(api)\", \"options\": {\"url\": \"\(host)\(path)\"\(more)}}"
}

let pem = try String(contentsOfFile: caFile, encoding: .utf8).replacingOccurrences(of: "\n", with: "\\n")
let settings = "{\"threads\": 2, \"systemRoots\": false, \"extraRootsPem\": \"\(pem)\"}"
var network: UInt64 = 0
try call { appnet_start(settings, settings.utf8.count, nil, nil, &network, $0) }

let hasHeard = DispatchSemaphore(value: 0)
let first = try launch(network, config("wx1", "\"request\": [\"\(host)\"]"))
let second = try launch(network, config("wx2", "\"downloadFile\": [\"\(host)\"]"), folder + "/wx2")
let third = try launch(network, config("wx3", "\"request\": [\"\(host)\"]")) { _, _, event in
    if event != nil { hasHeard.signal() } // on a thread of the library
}

try send(first, request(1, "/bytes/5", more: ", \"responseType\": \"arraybuffer\""))
precondition(try wait(first, for: "\"type\":\"success\"") == [5])
try send(second, request(1, "/bytes/1000", api: "downloadFile", more: ", \"filePath\": \"wxfile://usr/a.bin\""))
_ = try wait(second, for: "wxfile://usr/a.bin")
try send(third, request(1, "/json"))
hasHeard.wait()

try call { appnet_enter_background(first, false, $0) }
try send(first, request(2, "/json"))
_ = try wait(first, for: "request:fail interrupted")
try call { appnet_enter_foreground(first, $0) }

var report = AppnetText(data: nil, length: 0)
try call { appnet_close(third, &report, $0) }
print("closed: \(report.data.map { String(cString: $0) } ?? "")")
appnet_text_free(&report)
try call { appnet_shut_down(network, $0) }
