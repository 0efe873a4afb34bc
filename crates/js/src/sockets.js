// Sockets of `wx`: what a SocketTask has beside its listeners, and the older functions that name no task (W1-W5, J10).
//
// The second part of wx.js, in the same bare language: a function of what it needs from there. It answers
//   begin(task), members(task)         state, methods and constants of a task
//   hear(task, event, attachments)     takes an event of a socket
//   done(id, ok, result)               takes the answer to a send or close
//   breakOff(task, words, result)      ends a socket that cannot go on
//   functions, knows(…)                those without a task, and what `canIUse` says of them
//   unanswered()                       how many answers are still to come
(function (kit) {
  'use strict'

  const { absent, add, callbacksOf, keys, off, on, pick, send, settle, tasks } = kit
  const CONNECTING = 0
  const OPEN = 1
  const CLOSING = 2
  const CLOSED = 3

  // ---- asks: what is asked of a socket, each answered once (W2) --------------------------------------------------------

  const asks = kit.create(null)
  let lastAsk = 0
  let open = 0

  // `answered(ok, result)` hears the result in the name of what the program called.
  function ask(task, type, fields, attachments, name, answered) {
    const id = ++lastAsk
    asks[id] = { __proto__: null, task, name, answered }
    open++
    send('{"type":"' + type + '","task":' + task.id + ',"id":' + id, fields + '}', attachments)
  }

  function done(id, ok, result) {
    const entry = asks[id]
    if (!entry) return
    delete asks[id]
    open--
    entry.answered(ok, { ...result, errMsg: entry.name + kit.slice(result.errMsg, kit.indexOf(result.errMsg, ':')) })
  }

  const settled = (callbacks) => (ok, result) => settle(callbacks, ok ? 'success' : 'fail', result)

  function payload(v, attachments) {
    if (typeof v === 'string') return '{"text":' + kit.quote(v) + '}'
    if (kit.isEmptied(v)) return kit.EMPTIED
    const bytes = kit.attempt(() => kit.copyOfBytes(v))
    if (!bytes) return kit.misfit(v)
    add(attachments, bytes)
    return '{"bytes":' + (attachments.length - 1) + '}'
  }

  function sendOn(task, given, name) {
    const options = kit.objectOf(given)
    const attachments = []
    const data = payload(pick(options, 'data'), attachments)
    // W2: the network may have opened the socket already, but the program has not heard of it, and what it sends goes by what it knows.
    const known = task.state === CONNECTING ? nobody() : task
    ask(known, 'send', ',"data":' + data, attachments, name, settled(callbacksOf(options)))
  }

  // W3 is the port's to decide; a number that JSON does not have is no close code either.
  const number = (v) => (typeof v === 'number' ? (kit.isFinite(v) ? kit.text(v) : '0') : kit.misfit(v))
  const closeFields = (code, reason) => (absent(code) ? '' : ',"code":' + number(code)) + (absent(reason) ? '' : ',"reason":' + kit.string(reason))

  // The state is CLOSING at once, and what it was if the port refuses: the socket stays as it was (W3).
  function closeOne(task, fields, name, answered) {
    task.closing++
    ask(task, 'closeSocket', fields, [], name, (ok, result) => {
      if (!ok) task.closing--
      answered(ok, result)
    })
  }

  // J10: close(), close({}), close({ code: undefined }), close({ code, reason, success … }) and close(1000, 'x').
  function close(task, given, reason) {
    const positional = !absent(given) && kit.objectOf(given) !== given
    const options = kit.objectOf(given)
    const fields = positional ? closeFields(given, reason) : closeFields(pick(options, 'code'), pick(options, 'reason'))
    closeOne(task, fields, 'SocketTask.close', settled(callbacksOf(options)))
  }

  // ---- one socket ------------------------------------------------------------------------------------------------------

  const stateOf = (task) => (task.state === CLOSED || !task.closing ? task.state : CLOSING)

  // `closing` counts the closes that the port has not refused.
  function begin(task) {
    task.state = CONNECTING
    task.closing = 0
    task.past = kit.create(null)
    bind(task)
  }

  function members(task) {
    const socket = {
      send: (options) => sendOn(task, options, 'SocketTask.send'),
      close: (options, reason) => close(task, options, reason),
      onOpen: on(task, 'open'), offOpen: off(task, 'open'),
      onMessage: on(task, 'message'), offMessage: off(task, 'message'),
      onError: on(task, 'error'), offError: off(task, 'error'),
      onClose: on(task, 'close'), offClose: off(task, 'close'),
      CONNECTING, OPEN, CLOSING, CLOSED,
    }
    const place = { __proto__: null, configurable: true, enumerable: true }
    // J3: a program may put its own in this place too.
    const set = (value) => kit.defineProperty(socket, 'readyState', { __proto__: null, ...place, writable: true, value })
    return kit.defineProperty(socket, 'readyState', { __proto__: null, ...place, get: () => stateOf(task), set })
  }

  function hear(task, event, attachments) {
    const { type, task: id, ...rest } = event
    if (type === 'success') {
      task.accepted = true
      settle(task, 'success', event.result)
    } else if (type === 'fail') {
      leave(task)
      settle(task, 'fail', event.result)
    } else {
      tell(task, type === 'socketError' ? 'error' : type, kit.withData(rest, attachments))
    }
  }

  // The state is what it says before anybody hears of it (J10). Who begins to listen after the end hears it too.
  function tell(task, event, news) {
    if (event === 'open') task.state = OPEN
    if (event === 'close') leave(task)
    if (event === 'error' || event === 'close') task.past[event] = { ...news }
    const slot = bound === task ? slots[event] : undefined
    kit.tell(task, event, news)
    kit.run(slot, news)
  }

  function leave(task) {
    kit.end(task)
    task.state = CLOSED
  }

  function breakOff(task, words, result) {
    closeOne(task, '', 'SocketTask.close', () => {})
    const ids = keys(asks)
    for (let i = 0; i < ids.length; i++) if (asks[ids[i]].task === task) done(ids[i], false, { ...result })
    tell(task, 'error', result)
    tell(task, 'close', { code: 1006, reason: words })
  }

  // ---- the functions without a task (W5) -------------------------------------------------------------------------------
  // They speak for the first socket, and for one that is made after that is closed. One listener slot an event; what is put into it late
  // is for the next socket: a program registers first and connects then.

  const slots = kit.create(null)
  let bound

  const bind = (task) => { if (!bound || bound.state === CLOSED) bound = task }
  // With no socket the port is asked about one that never was: the words of the refusal are its own.
  const nobody = () => ({ id: kit.nextTask(), closing: 0 })

  function closeEvery(given) {
    const options = kit.objectOf(given)
    const fields = closeFields(pick(options, 'code'), pick(options, 'reason'))
    const callbacks = callbacksOf(options)
    const sockets = closable()
    let left = sockets.length
    let failed
    for (let i = 0; i < sockets.length; i++) {
      closeOne(sockets[i], fields, 'closeSocket', (ok, result) => {
        if (!ok && !failed) failed = result
        if (--left === 0) settled(callbacks)(!failed, failed || result)
      })
    }
  }

  function closable() {
    const list = []
    const ids = keys(tasks)
    for (let i = 0; i < ids.length; i++) {
      const task = tasks[ids[i]]
      if (task.api === 'connectSocket' && stateOf(task) < CLOSING) add(list, task)
    }
    if (!list.length) add(list, nobody())
    return list
  }

  const slot = (event) => (f) => { if (typeof f === 'function') slots[event] = f }
  const functions = {
    onSocketOpen: slot('open'),
    onSocketMessage: slot('message'),
    onSocketError: slot('error'),
    onSocketClose: slot('close'),
    sendSocketMessage: (options) => sendOn(bound || nobody(), options, 'sendSocketMessage'),
    closeSocket: (options) => closeEvery(options),
  }

  const options = { sendSocketMessage: { data: 1 }, closeSocket: { code: 1, reason: 1 } }
  const callbacks = { success: 1, fail: 1, complete: 1 }
  const results = {
    onSocketOpen: { header: 1, profile: 1, protocol: 1 }, onSocketMessage: { data: 1 }, onSocketError: { errMsg: 1 }, onSocketClose: { code: 1, reason: 1 },
  }
  const within = (names, name) => name === undefined || (names !== undefined && kit.hasOwn(names, name))

  // `closeSocket.object.code`, `onSocketMessage.callback.data`
  function knows(name, part, field) {
    if (part === undefined) return true
    const asked = kit.hasOwn(options, name)
    if (part === 'object') return asked && within({ ...options[name], ...callbacks }, field)
    if (part === 'success' || part === 'fail') return asked && within({ errMsg: 1 }, field)
    return part === 'callback' && !asked && within(results[name], field)
  }

  return { begin, members, hear, done, breakOff, functions, knows, unanswered: () => open }
})
