// appnet for Node: the functions of appnet.h by koffi. Waiting for events happens on a thread of koffi's, so that Node's own goes on.
//
// The folder of the library is in the environment variable APPNET_LIBRARY, or the library is where the system looks.

import path from 'node:path'
import koffi from 'koffi'

const NAME = { darwin: 'libappnet_ffi.dylib', win32: 'appnet_ffi.dll' }[process.platform] ?? 'libappnet_ffi.so'
const library = koffi.load(path.join(process.env.APPNET_LIBRARY ?? '', NAME))
const FOREVER = 2n ** 64n - 1n

export const Code = {
  OK: 0,
  TIMED_OUT: 1,
  ENDED: 2,
  INVALID_ARGUMENT: 10,
  INVALID_CONFIG: 11,
  UNKNOWN_HANDLE: 12,
  NOT_STARTED: 13,
  ALREADY_RUNNING: 14,
  DIRECTORY_UNUSABLE: 15,
  EVENTS_TAKEN: 16,
  CLOSED: 20,
  BUSY: 21,
  FULL: 22,
  RESTARTING: 23,
  PANICKED: 90,
}

koffi.struct('AppnetText', { data: 'void *', length: 'size_t' })
koffi.struct('AppnetBytes', { data: 'void *', length: 'size_t' })
koffi.struct('AppnetAttachment', { data: 'const uint8_t *', length: 'size_t', release: 'void *', context: 'void *' })
koffi.struct('AppnetEvent', { json: 'void *', json_length: 'size_t', attachments: 'void *', attachment_count: 'size_t' })

const ERROR = '_Out_ AppnetText *error'
const functions = Object.fromEntries(
  Object.entries({
    start: `const uint8_t *config, size_t length, void *observer, void *context, _Out_ uint64_t *network, ${ERROR}`,
    launch: `uint64_t network, const uint8_t *config, size_t length, const uint8_t *directory, size_t directory_length, void *callback, void *context, _Out_ uint64_t *app, ${ERROR}`,
    send: `uint64_t app, const uint8_t *json, size_t length, const AppnetAttachment *attachments, size_t count, _Out_ AppnetEvent **answer, ${ERROR}`,
    next_event: `uint64_t app, uint64_t milliseconds, _Out_ AppnetEvent **event, ${ERROR}`,
    enter_background: `uint64_t app, bool pinned, ${ERROR}`,
    enter_foreground: `uint64_t app, ${ERROR}`,
    configure: `uint64_t app, const uint8_t *config, size_t length, ${ERROR}`,
    set_connectivity: `uint64_t network, const uint8_t *connectivity, size_t length, ${ERROR}`,
    close: `uint64_t app, _Out_ AppnetText *report, ${ERROR}`,
    shut_down: `uint64_t network, ${ERROR}`,
  }).map(([name, parameters]) => [name, library.func(`int32_t appnet_${name}(${parameters})`)]),
)
const freeText = library.func('void appnet_text_free(_Inout_ AppnetText *text)')
const freeEvent = library.func('void appnet_event_free(AppnetEvent *event)')

export class AppnetError extends Error {
  constructor(code, text, answer) {
    super(text)
    this.code = code
    this.answer = answer
  }
}

const encoded = (value) => Buffer.from(JSON.stringify(value))
const copied = (pointer, length) => Buffer.from(koffi.decode(pointer, koffi.array('uint8_t', length, 'Typed')))

function taken(text) {
  const said = text.data && Number(text.length) > 0 ? copied(text.data, Number(text.length)).toString() : ''
  freeText(text)
  return said
}

/** The event as an object, and its attachments as buffers; the library gets its own back. */
function read(pointer) {
  const event = koffi.decode(pointer, 'AppnetEvent')
  const parts = Number(event.attachment_count) ? koffi.decode(event.attachments, koffi.array('AppnetBytes', Number(event.attachment_count))) : []
  const attachments = parts.map(({ data, length }) => (Number(length) ? copied(data, Number(length)) : Buffer.alloc(0)))
  const json = JSON.parse(copied(event.json, Number(event.json_length)).toString())
  freeEvent(pointer)
  return { ...json, attachments }
}

function checked(code, error, answer) {
  const text = taken(error)
  if (code > Code.ENDED) throw new AppnetError(code, text, answer && read(answer))
  return code
}

function call(name, ...given) {
  const error = {}
  return checked(functions[name](...given, error), error)
}

export class Network {
  constructor(config = {}) {
    const [text, handle] = [encoded(config), [0n]]
    call('start', text, text.length, null, null, handle)
    this.handle = handle[0]
  }

  launch(config, directory = '') {
    const [text, folder, handle] = [encoded(config), Buffer.from(directory), [0n]]
    call('launch', this.handle, text, text.length, folder, folder.length, null, null, handle)
    return new App(handle[0])
  }

  setConnectivity(connectivity) {
    const text = encoded(connectivity)
    call('set_connectivity', this.handle, text, text.length)
  }

  shutDown() {
    call('shut_down', this.handle)
  }
}

export class App {
  constructor(handle) {
    this.handle = handle
  }

  send(message, attachments = []) {
    const [text, answer, error] = [encoded(message), [null], {}]
    const parts = attachments.map((data) => ({ data, length: data.length, release: null, context: null }))
    checked(functions.send(this.handle, text, text.length, parts, parts.length, answer, error), error, answer[0])
  }

  /** The next event with its `attachments`; `null` once the app is closed and all was taken. */
  nextEvent(milliseconds = FOREVER) {
    const [event, error] = [[null], {}]
    return new Promise((resolve, reject) => {
      functions.next_event.async(this.handle, milliseconds, event, error, (failed, code) => {
        try {
          if (failed) throw failed
          if (checked(code, error) === Code.TIMED_OUT) throw new AppnetError(code, `no event in ${milliseconds} ms`)
          resolve(code === Code.ENDED ? null : read(event[0]))
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  enterBackground(pinned = false) {
    call('enter_background', this.handle, pinned)
  }

  enterForeground() {
    call('enter_foreground', this.handle)
  }

  configure(config) {
    const text = encoded(config)
    call('configure', this.handle, text, text.length)
  }

  /** Ends the app and everything it has; gives the tasks that this ended. */
  close() {
    const report = {}
    call('close', this.handle, report)
    return JSON.parse(taken(report))
  }
}
