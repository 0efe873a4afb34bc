// The device's network in `wx`: its type, its address, random bytes, and who listens to its changes.
//
// The third part of wx.js, in the same bare language: a function of what it needs from there. It answers
//   hear(event)           takes an event that belongs to no task
//   functions, knows(…)   those that a program sees, and what `canIUse` says of them
(function (kit) {
  'use strict'

  const { absent, add, callbacksOf, ask, pick, run, without } = kit
  const Result = Promise

  // The port answers. Without a callback there is a promise, as on the platform.
  function query(name, given, fields) {
    const options = kit.objectOf(given)
    const callbacks = callbacksOf(options)
    const more = fields ? fields(options) : ''
    if (absent(callbacks.success) && absent(callbacks.fail) && absent(callbacks.complete)) {
      return new Result((success, fail) => { ask(name, { __proto__: null, success, fail }, more) })
    }
    ask(name, callbacks, more)
    return undefined
  }

  const number = (v) => (typeof v === 'number' && kit.isFinite(v) ? kit.text(v) : kit.misfit(v))

  // ---- listeners -------------------------------------------------------------------------------------------------------

  const listeners = kit.create(null)

  function listen(event) {
    listeners[event] = []
    return (f) => { if (typeof f === 'function') add(listeners[event], f) }
  }

  const forget = (event) => (f) => { listeners[event] = f === undefined ? [] : without(listeners[event], f) }

  function hear(event) {
    const { type, ...news } = event
    if (!kit.hasOwn(listeners, type)) return false
    const list = listeners[type]
    for (let i = 0, { length } = list; i < length; i++) run(list[i], { ...news })
    return true
  }

  const functions = {
    getNetworkType: (options) => query('getNetworkType', options),
    onNetworkStatusChange: listen('networkStatusChange'),
    offNetworkStatusChange: forget('networkStatusChange'),
    onNetworkWeakChange: listen('networkWeakChange'),
    offNetworkWeakChange: forget('networkWeakChange'),
    getLocalIPAddress: (options) => query('getLocalIPAddress', options),
    getRandomValues: (options) => query('getRandomValues', options, (given) => ',"length":' + number(pick(given, 'length'))),
  }

  // ---- canIUse ---------------------------------------------------------------------------------------------------------

  const options = { getNetworkType: {}, getLocalIPAddress: {}, getRandomValues: { length: 1 } }
  const results = {
    getNetworkType: { networkType: 1, signalStrength: 1, hasSystemProxy: 1, weakNet: 1 }, getLocalIPAddress: { localip: 1, netmask: 1 },
    getRandomValues: { randomValues: 1 },
  }
  const status = { isConnected: 1, networkType: 1 }
  const weak = { weakNet: 1, networkType: 1 }
  const heard = { onNetworkStatusChange: status, offNetworkStatusChange: status, onNetworkWeakChange: weak, offNetworkWeakChange: weak }
  const callbacks = { success: 1, fail: 1, complete: 1 }
  const within = (names, name) => name === undefined || kit.hasOwn(names, name)

  // `getNetworkType.success.networkType`, `onNetworkWeakChange.callback.weakNet`
  function knows(name, part, field) {
    if (part === undefined) return true
    if (part === 'callback') return kit.hasOwn(heard, name) && within(heard[name], field)
    if (!kit.hasOwn(options, name)) return false
    if (part === 'object') return within({ ...options[name], ...callbacks }, field)
    if (part === 'success') return within({ ...results[name], errMsg: 1 }, field)
    return part === 'fail' && within({ errMsg: 1, errno: 1 }, field)
  }

  return { hear, functions, knows }
})
