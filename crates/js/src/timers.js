// Timers of a program. The value is a function of `native`, the functions of install.rs, and the built-ins of builtins.js. It answers
// fire(id), which timers.rs has called when a timer is due.
//
// Order and time are timers.rs's; here are the functions. As in HTML: a negative or odd delay is 0, and from the fifth timer set inside
// another on, at least 4 ms. As in Node: a delay over 2^31-1 is 1 ms.
(function (native, builtins) {
  'use strict'

  const { apply, map, trunc } = builtins
  const [toNumber, WrongType, global] = [Number, TypeError, globalThis]
  const timers = new Map()
  let lastTimer = 0
  let depth = 0

  function delayOf(value, level) {
    const delay = trunc(toNumber(value))
    const sane = delay > 2147483647 ? 1 : delay > 0 ? delay : 0
    return level > 5 && sane < 4 ? 4 : sane
  }

  function set(name, f, delay, args, repeat) {
    if (typeof f !== 'function') throw new WrongType(name + ': the first argument should be a function')
    const level = depth + 1
    const wait = delayOf(delay, level)
    const id = ++lastTimer
    map.set(timers, id, { f, args, repeat, delay, level })
    native.setTimer(wait, id)
    return id
  }

  function clear(id) {
    const key = typeof id === 'object' ? undefined : toNumber(id)
    if (map.delete(timers, key)) native.clearTimer(key)
  }

  function fire(id) {
    const timer = map.get(timers, id)
    if (!timer) return
    if (!timer.repeat) map.delete(timers, id)
    depth = timer.level
    try {
      apply(timer.f, global, timer.args)
    } finally {
      depth = 0
      if (timer.repeat && map.get(timers, id) === timer) {
        timer.level += 1
        native.setTimer(delayOf(timer.delay, timer.level), id)
      }
    }
  }

  global.setTimeout = (f, delay, ...args) => set('setTimeout', f, delay, args, false)
  global.setInterval = (f, delay, ...args) => set('setInterval', f, delay, args, true)
  global.clearTimeout = (id) => clear(id)
  global.clearInterval = (id) => clear(id)

  return fire
})
