// The network functions of `wx`, for any JavaScript engine (ES2020).
//
// With sockets.js and network.js, which are given as `connect` and `surround`, a classic script whose value is a function (lib.rs puts it together): give it a bridge, get
// `wx`. The bridge is two functions:
//   bridge.post(json, attachments)     the host's: takes one message, answers undefined, or {json, attachments} when it was
//                                      refused: the event that the program gets in its place
//   bridge.receive(json, attachments)  set here: the host calls it with each event, never inside another call
// Attachments are arrays of ArrayBuffers. The messages are written down in docs/bus.md. More are optional and ours to set or
// call: bridge.openTasks() (set here) counts what still runs, bridge.stillOpen() names it; bridge.report(error) (the host's) hears of callbacks
// that threw, bridge.called(task, bridge.stack()) of where a call was made, and bridge.nearest(name, names) answers which of these names was meant, if any.
//
// Nothing is decided here: options are picked and encoded, events become callbacks. Ids such as J2 are those of the contract.
(function (bridge, connect, surround) {
  'use strict'

  // What is needed of the engine, taken before a program can change it. For the same reason: no `for…of`, no `${…}` (QuickJS calls
  // `String.prototype.concat` for it), no methods of arrays and maps, `await` instead of `Promise.prototype.then`, and properties are defined
  // where a setter of a prototype could take them.
  const { parse, stringify } = JSON
  const { apply } = Reflect
  const { create, defineProperty, keys } = Object
  const { isArray } = Array
  const { isView } = ArrayBuffer
  const { isFinite } = Number
  const text = String
  const { bind, call } = Function.prototype
  // `method(f)(self, x)` is `f.call(self, x)`, and makes no list of its arguments.
  const method = apply(bind, bind, [call])
  const getter = (of, name) => method(Object.getOwnPropertyDescriptor(of, name).get)
  const hasOwn = method(Object.prototype.hasOwnProperty)
  const tag = method(Object.prototype.toString)
  const slice = method(String.prototype.slice)
  const indexOf = method(String.prototype.indexOf)
  const match = method(RegExp.prototype.exec)
  const replace = method(String.prototype.replace)
  const wellFormed = String.prototype.toWellFormed
    ? method(String.prototype.toWellFormed)
    : (s) => replace(s, /\p{Surrogate}/gu, '\uFFFD')
  const Bytes = Uint8Array
  const bufferLength = getter(ArrayBuffer.prototype, 'byteLength')
  const isDetached = hasOwn(ArrayBuffer.prototype, 'detached') ? getter(ArrayBuffer.prototype, 'detached') : () => false
  const TypedArray = Object.getPrototypeOf(Uint8Array.prototype)
  const bufferOf = getter(TypedArray, 'buffer')
  const copyInto = method(TypedArray.set)
  const views = [TypedArray, DataView.prototype].map((of) => ({
    buffer: getter(of, 'buffer'), start: getter(of, 'byteOffset'), length: getter(of, 'byteLength'),
  }))
  const terminal = typeof console === 'object' ? { __proto__: null, ...console } : create(null)
  const say = (level, words) => { if (terminal[level]) apply(terminal[level], undefined, [words]) }
  const attempt = (f, otherwise) => { try { return f() } catch { return otherwise } }
  // What a program threw can itself be something that nobody can look at.
  const report = (error) => attempt(() => (bridge.report ? bridge.report(error) : say('error', error)))

  const put = (object, name, value) => defineProperty(object, name, { __proto__: null, configurable: true, enumerable: true, writable: true, value })
  const add = (list, item) => put(list, list.length, item)
  // Two turns of the microtask queue: who adds a listener one microtask after the call is still in time (J3).
  const later = async (f) => { await undefined; await undefined; f() }

  // ---- options to JSON -------------------------------------------------------------------------------------------------
  // Each encoder is given a value that is neither undefined nor null. It answers JSON text, or undefined for "not given" (J2).

  const quote = (s) => stringify(wellFormed(s))
  const typeName = (v) => (typeof v === 'function' ? 'Function' : attempt(() => slice(tag(v), 8, -1), 'Object'))
  // What does not fit is sent as the name of its type, so that the error can say it (R7).
  const misfit = (v) => '{"$type":' + quote(typeName(v)) + '}'
  const absent = (v) => v === undefined || v === null

  const string = (v) => (typeof v === 'string' ? quote(v) : misfit(v))
  const boolean = (v) => (typeof v === 'boolean' ? text(v) : misfit(v))
  const number = (v) => (typeof v === 'number' && isFinite(v) ? text(v) : misfit(v))
  // T1: not a positive number means not given.
  const timeout = (v) => (typeof v === 'number' && isFinite(v) && v > 0 ? text(v) : undefined)

  // An object of named texts; names without a value are left out.
  const texts = (encode) => (v) => {
    if (typeof v !== 'object' || isArray(v)) return misfit(v)
    const names = keys(v)
    let fields = ''
    for (let i = 0; i < names.length; i++) {
      const value = pick(v, names[i])
      if (!absent(value)) fields += (fields && ',') + quote(names[i]) + ':' + encode(value)
    }
    return '{' + fields + '}'
  }
  const strings = (v) => {
    if (!isArray(v)) return string(v)
    let items = ''
    for (let i = 0; i < v.length; i++) items += (items && ',') + string(v[i])
    return '[' + items + ']'
  }
  const header = texts((v) => attempt(() => quote(text(v)), misfit(v)))

  // J9: a field of a form is text; what is more than one value goes as its JSON. Bytes would be neither: they are files.
  const formData = texts((v) => {
    if (typeof v === 'function' || typeof v === 'symbol') return misfit(v)
    if (typeof v !== 'object') return quote(text(v))
    const json = isView(v) || typeName(v) === 'ArrayBuffer' ? undefined : attempt(() => stringify(v))
    return json === undefined ? misfit(v) : quote(json)
  })

  function data(v, attachments) {
    if (typeof v === 'string') return '{"text":' + quote(v) + '}'
    if (typeof v === 'function' || typeof v === 'symbol') return misfit(v)
    if (isEmptied(v)) return EMPTIED
    const bytes = attempt(() => copyOfBytes(v), null)
    if (bytes === null) return '{"unserialisable":true}'
    if (bytes) {
      add(attachments, bytes)
      return '{"bytes":' + (attachments.length - 1) + '}'
    }
    const json = attempt(() => stringify(v))
    return json === undefined ? '{"unserialisable":true}' : '{"json":' + json + '}'
  }

  // A buffer that was transferred has no bytes any more, nor has a view of it: that is said, and nothing is sent in their place.
  const EMPTIED = '{"$type":"detached ArrayBuffer"}'
  const isEmptied = (v) => attempt(() => isDetached(isView(v) ? attempt(() => bufferOf(v), v) : v), false)

  // A copy: the program may go on writing into its buffer. Undefined for what holds no bytes: the getters throw for that, and answer for
  // buffers of another realm. Throws for a buffer that is detached or too large for the memory that is left.
  function copyOfBytes(v) {
    if (typeof v !== 'object') return undefined
    if (!isView(v)) {
      const length = attempt(() => bufferLength(v))
      return length === undefined ? undefined : copied(v, 0, length)
    }
    const view = attempt(() => (views[0].length(v), views[0]), views[1])
    return copied(view.buffer(v), view.start(v), view.length(v))
  }

  // Not by `ArrayBuffer.prototype.slice`, which asks the buffer for its constructor.
  function copied(buffer, start, length) {
    const copy = new Bytes(length)
    copyInto(copy, new Bytes(buffer, start, length))
    return bufferOf(copy)
  }

  // ---- the calls -------------------------------------------------------------------------------------------------------
  // `required` are the options that are sent also when they are not given, so that the error can name them; `members` is what a task has
  // (J3: plain, extensible, all methods there whatever the options, none needs `this`); `begin` is what the shim notes at its start.

  const on = (task, event) => (f) => { if (typeof f === 'function') listen(task, event, f) }
  const off = (task, event) => (f) => { forget(task, event, f) }

  const common = {
    url: string, header, timeout, enableHttp2: boolean, enableProfile: boolean, enableQuic: boolean, useHighPerformanceMode: boolean,
  }
  const transferMembers = (task) => ({
    abort: () => abort(task),
    onHeadersReceived: on(task, 'headersReceived'), offHeadersReceived: off(task, 'headersReceived'),
    onProgressUpdate: on(task, 'progressUpdate'), offProgressUpdate: off(task, 'progressUpdate'),
  })
  const apis = {
    request: {
      __proto__: null,
      options: {
        ...common, data, method: string, dataType: string, responseType: string, redirect: string, enableChunked: boolean,
        enableCache: boolean, enableHttpDNS: boolean, enableHttpDNSFallback: boolean, forceCellularNetwork: boolean, httpDNSServiceId: string,
        httpDNSTimeout: number,
      },
      required: { __proto__: null, url: true },
      values: {
        method: ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'PATCH'], dataType: ['json'], responseType: ['text', 'arraybuffer'],
        redirect: ['follow', 'manual'],
      },
      result: ['data', 'statusCode', 'header', 'cookies', 'profile', 'exception', 'useHttpDNS', 'errMsg'],
      task: 'RequestTask',
      members: (task) => ({
        abort: () => abort(task),
        onHeadersReceived: on(task, 'headersReceived'), offHeadersReceived: off(task, 'headersReceived'),
        onChunkReceived: on(task, 'chunkReceived'), offChunkReceived: off(task, 'chunkReceived'),
      }),
    },
    uploadFile: {
      __proto__: null,
      options: { ...common, filePath: string, name: string, formData },
      required: { __proto__: null, url: true, filePath: true, name: true },
      result: ['data', 'statusCode', 'header', 'cookies', 'profile', 'errMsg'],
      task: 'UploadTask',
      members: transferMembers,
    },
    downloadFile: {
      __proto__: null,
      options: { ...common, filePath: string },
      required: { __proto__: null, url: true },
      result: ['tempFilePath', 'filePath', 'statusCode', 'header', 'cookies', 'profile', 'errMsg'],
      task: 'DownloadTask',
      members: transferMembers,
    },
    connectSocket: {
      __proto__: null,
      options: {
        url: string, header, timeout, protocols: strings, tcpNoDelay: boolean, perMessageDeflate: boolean, forceCellularNetwork: boolean,
      },
      required: { __proto__: null, url: true },
      result: ['errMsg'],
      task: 'SocketTask',
      members: (task) => sockets.members(task),
      begin: (task) => sockets.begin(task),
    },
  }
  // What is in the objects of a result.
  const inner = {
    profile: [
      'invokeStart', 'queueStart', 'queueEnd', 'redirectStart', 'redirectEnd', 'fetchStart', 'domainLookUpStart', 'domainLookUpEnd',
      'httpDNSDomainLookUpStart', 'httpDNSDomainLookUpEnd', 'connectStart',
      'connectEnd', 'SSLconnectionStart', 'SSLconnectionEnd', 'requestStart', 'requestEnd', 'responseStart', 'responseEnd', 'peerIP', 'port',
      'socketReused', 'sendBytesCount', 'receivedBytedCount', 'protocol', 'usingHighPerformanceMode', 'rtt', 'throughputKbps', 'estimate_nettype',
      'httpRttEstimate', 'transportRttEstimate', 'downstreamThroughputKbpsEstimate',
    ],
    exception: ['reasons', 'retryCount'],
  }
  const names = keys(apis)
  // `names` of the options in their order, and all that are `known` of what a call is given: made here, and not for each call.
  for (let i = 0; i < names.length; i++) {
    const api = apis[names[i]]
    api.names = keys(api.options)
    api.known = { __proto__: null, success: true, fail: true, complete: true }
    for (let j = 0; j < api.names.length; j++) api.known[api.names[j]] = true
  }

  // ---- tasks -----------------------------------------------------------------------------------------------------------

  const tasks = create(null)
  let lastTask = 0
  let open = 0

  // J2: each known field is read once and by itself; a getter that throws counts as not given.
  function pick(options, name) {
    try { return options[name] } catch (error) { report(error) }
  }

  // What cannot be looked into, such as a revoked proxy, does not fit.
  function encodeField(encoder, v, attachments) {
    try {
      return encoder(v, attachments)
    } catch (error) {
      report(error)
      return misfit(v)
    }
  }

  // `note` gets the URL as it is encoded.
  function encode({ options: encoders, names, required }, options, attachments, note) {
    let fields = ''
    for (let i = 0; i < names.length; i++) {
      const name = names[i]
      let v
      // As `pick` does, without a call for each of them.
      try { v = options[name] } catch (error) { report(error) }
      if (absent(v) && !required[name]) continue
      const json = absent(v) ? misfit(v) : encodeField(encoders[name], v, attachments)
      if (name === 'url') note.url = json
      if (json !== undefined) fields += (fields && ',') + '"' + name + '":' + json
    }
    return '{' + fields + '}'
  }

  const objectOf = (given) => (given !== null && (typeof given === 'object' || typeof given === 'function') ? given : {})
  const callbacksOf = (options) => ({
    __proto__: null, success: pick(options, 'success'), fail: pick(options, 'fail'), complete: pick(options, 'complete'),
  })

  function enlist(api, url, { success, fail, complete }) {
    const task = { __proto__: null, id: ++lastTask, api, url, listeners: create(null), success, fail, complete }
    tasks[task.id] = task
    open++
    return task
  }

  function start(name, given) {
    const api = apis[name]
    const options = objectOf(given)
    const attachments = []
    // J2: what an option runs, a getter or a toJSON, may make calls of its own. They are posted first, so they have the lower numbers.
    const callbacks = callbacksOf(options)
    const note = { __proto__: null, url: '' }
    const encoded = attempt(() => encode(api, options, attachments, note))
    const task = enlist(name, slice(note.url, 0, MOST_OF_URL), callbacks)
    if (api.begin) api.begin(task)
    if (bridge.called) attempt(() => bridge.called(task.id, bridge.stack()))
    if (bridge.nearest) attempt(() => hint(task, options))
    // Too long for a string of the engine, or for its memory.
    if (encoded === undefined) later(() => breakOff(task, LOST, LOST_ERRNO))
    else send('{"type":"call","task":' + task.id, ',"api":"' + name + '","options":' + encoded + '}', attachments)
    return api.members(task)
  }

  // A name that a program misspelled is one that the platform does not look at, and nothing else would say so.
  function hint({ id, api }, options) {
    const given = keys(options)
    const { known } = apis[api]
    for (let i = 0; i < given.length; i++) {
      const meant = known[given[i]] ? undefined : bridge.nearest(given[i], keys(known))
      if (typeof meant === 'string') say('warn', 'wx.' + api + ' #' + id + ': there is no option ' + given[i] + '; did you mean ' + meant + '?')
    }
  }

  // What the port answers without a server: a task that has no object.
  function ask(name, callbacks, fields) {
    const task = enlist(name, '', callbacks)
    send('{"type":"query","task":' + task.id, ',"name":"' + name + '"' + fields + '}', [])
  }

  // `head` names what the message is about. J4: the event that stands for a refused message comes after the call has returned, as every
  // other.
  function send(head, rest, attachments) {
    try {
      const answer = bridge.post(head + rest, attachments)
      if (answer) later(() => receive(answer.json, answer.attachments))
    } catch (error) {
      report(error)
      later(() => lost(head))
    }
  }

  // Who listens late to what is remembered (`past`) hears it still.
  function listen(task, event, f) {
    const { listeners, past } = task
    if (listeners[event]) add(listeners[event], f)
    else listeners[event] = [f]
    if (past && past[event]) later(() => run(f, { ...past[event] }))
  }

  function forget({ listeners }, event, f) {
    if (listeners[event]) listeners[event] = f === undefined ? [] : without(listeners[event], f)
  }

  function without(list, item) {
    const rest = []
    for (let i = 0, found = false; i < list.length; i++) {
      if (!found && list[i] === item) found = true
      else add(rest, list[i])
    }
    return rest
  }

  // J5: final at once, without waiting for the port: whatever it still sends of this task finds nobody.
  function abort(task) {
    if (!end(task)) return
    task.silent = true
    send('{"type":"abort","task":' + task.id, '}', [])
    later(() => settle(task, 'fail', { errMsg: task.api + ':fail abort' }))
  }

  function end(task) {
    if (tasks[task.id] !== task) return false
    delete tasks[task.id]
    open--
    return true
  }

  // J4: each callback by itself; one that throws is reported and disturbs nothing.
  function run(f, result) {
    if (typeof f !== 'function') return
    try { f(result) } catch (error) { report(error) }
  }

  // Nothing of the options stays with the task object that the program may keep (J2).
  function settle(task, outcome, result) {
    const { [outcome]: first, complete } = task
    task.success = task.fail = task.complete = undefined
    run(first, result)
    run(complete, result)
  }

  const HEADERS = '{"type":"headersReceived","task":'
  const LOST = 'network logic error'
  const LOST_ERRNO = 600004
  // Of the URL of a call, to name it by: its first characters, as JSON.
  const MOST_OF_URL = 200

  // ---- events ----------------------------------------------------------------------------------------------------------

  const phrases = {
    headerDropped: (name) => 'the header ' + name + ' cannot be set by a mini-program and was dropped',
    optionNotImplemented: (name) => 'the option ' + name + ' is not supported yet and was ignored',
  }

  // Without attachments: the engine had no room for them, or none for all of `json`.
  function receive(json, attachments) {
    if (attachments && isUnheard(json)) return
    const event = attachments && attempt(() => parse(json))
    if (!event) return lost(json)
    const task = hasOwn(event, 'task') ? tasks[event.task] : undefined
    if (!hasOwn(event, 'task') && network.hear(event)) return
    if (event.type === 'warning') return warn(task, event)
    if (event.type === 'error') return refuse(task, event)
    if (event.type === 'done') return sockets.done(event.id, event.ok, event.result)
    if (!task) return
    if (event.type === 'answer') {
      end(task)
      return settle(task, event.ok ? 'success' : 'fail', withData(event.result, attachments))
    }
    if (task.api === 'connectSocket') return sockets.hear(task, event, attachments)
    if (event.type === 'success' || event.type === 'fail') {
      end(task)
      settle(task, event.type, withData(event.result, attachments))
    } else {
      const { type, task: id, ...news } = event
      tell(task, type, type === 'progressUpdate' ? event.progress : withData(news, attachments))
    }
  }

  // Most programs do not listen for the headers of a call: reading them is a third of what an answer costs here.
  function isUnheard(json) {
    if (slice(json, 0, HEADERS.length) !== HEADERS) return false
    const end = indexOf(json, ',', HEADERS.length)
    const task = end > 0 ? tasks[slice(json, HEADERS.length, end)] : undefined
    if (task === undefined) return false
    const { headersReceived } = task.listeners
    return !headersReceived || !headersReceived.length
  }

  // Every listener that was there when the event came hears it, also when one of them removes another; none after abort() (J5).
  function tell(task, event, news) {
    const listeners = task.listeners[event]
    if (!listeners) return
    const { length } = listeners
    for (let i = 0; i < length && !task.silent; i++) run(listeners[i], news)
  }

  function withData(result, attachments) {
    if (hasOwn(result, 'randomValues')) result.randomValues = attachments[result.randomValues.bytes]
    if (!hasOwn(result, 'data')) return result
    const { data } = result
    result.data = hasOwn(data, 'json') ? data.json : hasOwn(data, 'text') ? data.text : attachments[data.bytes]
    return result
  }

  function warn(task, event) {
    const phrase = hasOwn(phrases, event.code) ? phrases[event.code](event.detail) : event.code + ': ' + event.detail
    say('warn', 'wx.' + (task ? task.api : 'network') + ' #' + event.task + ': ' + phrase)
  }

  // A message of ours that the port could not read: a call of it would hang otherwise (P8).
  function refuse(task, event) {
    say('warn', 'wx: ' + (event.field ? event.field + ': ' : '') + event.message)
    breakOff(task, event.message)
  }

  // A message that cannot be handed over or parsed (memory, nesting): what it was about still ends (P8).
  function lost(json) {
    const envelope = match(/^\{"type":"\w+","task":(\d+)(?:,"id":(\d+))?/, json)
    if (!envelope) return
    if (envelope[2]) sockets.done(envelope[2], false, { errMsg: ':fail ' + LOST, errno: LOST_ERRNO })
    else breakOff(tasks[envelope[1]], LOST, LOST_ERRNO)
  }

  function breakOff(task, words, errno) {
    if (!task) return
    const result = { errMsg: task.api + ':fail ' + words, ...(errno && { errno }) }
    if (task.accepted) sockets.breakOff(task, words, result)
    else if (end(task)) settle(task, 'fail', result)
  }

  // ---- wx --------------------------------------------------------------------------------------------------------------

  const sockets = connect({
    EMPTIED, absent, add, attempt, callbacksOf, copyOfBytes, create, defineProperty, end, hasOwn, indexOf, isEmptied, isFinite, keys, misfit,
    nextTask: () => ++lastTask, objectOf, off, on, pick, quote, run, send, settle, slice, string, tasks, tell, text, withData,
  })
  const network = surround({ absent, add, ask, callbacksOf, create, hasOwn, isFinite, misfit, objectOf, pick, run, text, without })
  const wx = {}
  for (let i = 0; i < names.length; i++) wx[names[i]] = (options) => start(names[i], options)
  const older = keys(sockets.functions)
  for (let i = 0; i < older.length; i++) wx[older[i]] = sockets.functions[older[i]]
  const around = keys(network.functions)
  for (let i = 0; i < around.length; i++) wx[around[i]] = network.functions[around[i]]

  const includes = (list, item) => without(list, item).length < list.length
  const byTask = (type) => { for (let i = 0; i < names.length; i++) if (apis[names[i]].task === type) return names[i] }

  // `request.object.timeout`, `request.object.method.GET`, `request.success.profile.rtt`, `request.return.RequestTask`, `RequestTask.abort`
  function knows(api, part, name, value) {
    const { task } = apis[api]
    if (part === undefined) return true
    if (part === 'object') return knowsOption(apis[api], name, value)
    if (part === 'success') return knowsField(apis[api].result, name, value)
    if (part === 'fail') return knowsField(api === 'request' ? ['errMsg', 'errno', 'exception', 'useHttpDNS'] : ['errMsg', 'errno'], name, value)
    return part === 'return' && value === undefined && (name === undefined || name === task)
  }

  function knowsOption({ known, values }, name, value) {
    if (value !== undefined) return values !== undefined && hasOwn(values, name) && includes(values[name], value)
    return name === undefined || known[name] === true
  }

  function knowsField(fields, name, field) {
    if (name === undefined) return true
    return includes(fields, name) && (field === undefined || (hasOwn(inner, name) && includes(inner[name], field)))
  }

  const taskKnows = (api, name, more) => more === undefined && (name === undefined || hasOwn(apis[api].members({}), name))

  function parted(schema) {
    const parts = []
    let rest = text(schema)
    for (let dot = indexOf(rest, '.'); dot >= 0; dot = indexOf(rest, '.')) {
      add(parts, slice(rest, 0, dot))
      rest = slice(rest, dot + 1)
    }
    add(parts, rest)
    return parts
  }

  // Of the functions that others put into `wx` only their names are known here, and nothing is promised of what is in them.
  wx.canIUse = (schema) => {
    if (typeof schema !== 'string') return false
    const parts = parted(schema)
    const { 0: name, 1: part, 2: field, 3: value, length } = parts
    const api = byTask(name)
    if (length > 4) return false
    if (api) return taskKnows(api, part, field)
    if (hasOwn(apis, name)) return knows(name, part, field, value)
    if (value !== undefined || !hasOwn(wx, name)) return false
    if (hasOwn(sockets.functions, name)) return sockets.knows(name, part, field)
    if (hasOwn(network.functions, name)) return network.knows(name, part, field)
    return part === undefined
  }

  // In words, for a person: the first few, and how many more there are.
  function stillOpen() {
    const MOST = 5
    const ids = keys(tasks)
    const words = []
    for (let i = 0; i < ids.length && i < MOST; i++) {
      const { id, api, url: encoded } = tasks[ids[i]]
      // Without its query, which may hold a secret.
      const url = match(/^"([^"?#\\]+)/, encoded)
      add(words, (api === 'connectSocket' ? 'socket' : api) + ' #' + id + (url ? ' ' + url[1] : ''))
    }
    if (ids.length > MOST) add(words, ids.length - MOST + ' more calls')
    const unanswered = sockets.unanswered()
    if (unanswered) add(words, 'answers to ' + unanswered + ' of send and close')
    return words
  }

  bridge.receive = receive
  bridge.stillOpen = stillOpen
  bridge.openTasks = () => open + sockets.unanswered()
  return wx
})
