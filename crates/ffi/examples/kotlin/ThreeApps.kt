// Three apps with their own lists, files and ways of hearing: what three_apps.c does, shortened.

import java.io.File
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

private const val HOST = "https://api.example.com"

private fun call(task: Int, path: String, api: String = "request", more: String = "") =
    """{"type": "call", "task": $task, "api": "$api", "options": {"url": "$HOST$path"$more}}"""

private fun waitFor(app: App, wanted: String): Event {
    while (true) {
        val event = app.nextEvent(10_000) ?: error("the app is closed")
        if (wanted in event.json) return event
    }
}

fun main(arguments: Array<String>) {
    val (port, caFile, folder) = arguments
    fun config(id: String, domains: String) =
        """{"appId": "$id", "domains": {$domains}, "connectTo": ["api.example.com::127.0.0.1:$port"]}"""

    val pem = File(caFile).readText().replace("\n", "\\n")
    val network = Network("""{"threads": 2, "systemRoots": false, "extraRootsPem": "$pem"}""") { println("record: $it") }
    network.setConnectivity("""{"networkType": "wifi"}""")

    val first = network.launch(config("wx1", """"request": ["$HOST"]"""))
    val second = network.launch(config("wx2", """"downloadFile": ["$HOST"]"""), "$folder/wx2")
    val heard = CountDownLatch(1)
    val third = network.launch(config("wx3", """"request": ["$HOST"]""")) { event ->
        if (event != null && "\"type\":\"success\"" in event.json) heard.countDown()
    }

    first.send(call(1, "/bytes/5", more = """, "responseType": "arraybuffer""""))
    check(waitFor(first, "\"success\"").attachments.single().size == 5)
    second.send(call(1, "/bytes/1000", "downloadFile", """, "filePath": "wxfile://usr/a.bin""""))
    waitFor(second, "wxfile://usr/a.bin")
    third.send(call(1, "/json"))
    check(heard.await(10, TimeUnit.SECONDS))

    first.enterBackground()
    first.send(call(2, "/json"))
    waitFor(first, "request:fail interrupted")
    first.enterForeground()
    first.configure(config("wx1", ""))
    first.send(call(3, "/json"))
    waitFor(first, "url not in domain list")

    println("closed: ${third.close()}")
    network.shutDown()
}
