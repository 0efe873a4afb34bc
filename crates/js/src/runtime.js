// What a program finds beside the ES built-ins: console, timers. The value is a function of `native`, the functions of install.rs:
//   print(level, text)    setTimer(delay, id)    clearTimer(id)    failed(text)
// It answers what is called from outside: { fire(id), describe(value), report(error) }.
(function (native) {
  'use strict'

  const { apply } = Reflect
  const { stringify } = JSON
  const { getPrototypeOf, keys } = Object
  const { isArray } = Array
  const { print } = native

  // ---- timers ----------------------------------------------------------------------------------------------------------
  // Order and time are timers.rs's; here are the functions. As in HTML: a negative or odd delay is 0, and from the fifth timer
  // set inside another on, at least 4 ms. As in Node: a delay over 2^31-1 is 1 ms.

  const timers = new Map()
  const [getTimer, putTimer, dropTimer] = ['get', 'set', 'delete'].map((name) => {
    const f = Map.prototype[name]
    return (...args) => apply(f, timers, args)
  })
  let lastTimer = 0
  let depth = 0

  function delayOf(value, level) {
    const delay = Math.trunc(Number(value))
    const sane = delay > 2147483647 ? 1 : delay > 0 ? delay : 0
    return level > 5 && sane < 4 ? 4 : sane
  }

  function set(name, f, delay, args, repeat) {
    if (typeof f !== 'function') throw new TypeError(`${name}: the first argument should be a function`)
    const id = ++lastTimer
    const level = depth + 1
    putTimer(id, { f, args, repeat, delay, level })
    native.setTimer(delayOf(delay, level), id)
    return id
  }

  function clear(id) {
    const key = typeof id === 'object' ? undefined : Number(id)
    if (dropTimer(key)) native.clearTimer(key)
  }

  function fire(id) {
    const timer = getTimer(id)
    if (!timer) return
    if (!timer.repeat) dropTimer(id)
    depth = timer.level
    try {
      apply(timer.f, globalThis, timer.args)
    } finally {
      depth = 0
      if (timer.repeat && getTimer(id) === timer) {
        timer.level += 1
        native.setTimer(delayOf(timer.delay, timer.level), id)
      }
    }
  }

  globalThis.setTimeout = (f, delay, ...args) => set('setTimeout', f, delay, args, false)
  globalThis.setInterval = (f, delay, ...args) => set('setInterval', f, delay, args, true)
  globalThis.clearTimeout = (id) => clear(id)
  globalThis.clearInterval = (id) => clear(id)

  // ---- console ---------------------------------------------------------------------------------------------------------

  const MOST = 100 // items of one array or object that are shown
  const DEEP = 4

  // As a thrown value is printed too: an error with its stack, which names file and line.
  function errorText(error, seen) {
    const head = `${error.name}: ${error.message}`
    const stack = typeof error.stack === 'string' ? error.stack.replace(/\s+$/, '') : ''
    const cause = error.cause === undefined ? '' : `\n  caused by ${inspect(error.cause, seen, 1)}`
    return (stack ? `${head}\n${stack}` : head) + cause
  }

  function listText(open, items, close, inner) {
    if (!items.length) return open + close
    const text = items.join(', ')
    const pad = '  '.repeat(inner + 1)
    return text.length > 72 || text.includes('\n')
      ? `${open}\n${pad}${items.join(`,\n${pad}`)}\n${'  '.repeat(inner)}${close}`
      : open === '[' ? `[${text}]` : `${open} ${text} ${close}`
  }

  const shown = (list, item) => {
    const items = list.slice(0, MOST).map(item)
    if (list.length > MOST) items.push(`… ${list.length - MOST} more`)
    return items
  }

  function objectText(value, seen, level) {
    const proto = getPrototypeOf(value)
    const name = proto && proto !== Object.prototype && proto.constructor ? `${proto.constructor.name} ` : ''
    if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`
    if (ArrayBuffer.isView(value) || isArray(value)) {
      const prefix = isArray(value) ? '' : `${name.trim()}(${value.length ?? value.byteLength}) `
      return prefix + listText('[', shown(Array.from(value), (v) => inspect(v, seen, level + 1)), ']', level)
    }
    if (value instanceof Map) return `Map(${value.size}) ` + listText('{', shown([...value], ([k, v]) => `${inspect(k, seen, level + 1)} => ${inspect(v, seen, level + 1)}`), '}', level)
    if (value instanceof Set) return `Set(${value.size}) ` + listText('{', shown([...value], (v) => inspect(v, seen, level + 1)), '}', level)
    if (value instanceof Date) return String(value.getTime()) === 'NaN' ? 'Invalid Date' : value.toISOString()
    if (value instanceof RegExp) return String(value)
    if (value instanceof Promise) return 'Promise {}'
    const field = (k) => `${/^[\w$]+$/.test(k) ? k : stringify(k)}: ${inspect(value[k], seen, level + 1)}`
    return name + listText('{', shown(keys(value), field), '}', level)
  }

  function inspect(value, seen, level) {
    if (typeof value === 'string') return stringify(value)
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'function') return value.name ? `[Function: ${value.name}]` : '[Function]'
    if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
    if (seen.includes(value)) return '[Circular]'
    if (value instanceof Error) return errorText(value, [...seen, value])
    if (level > DEEP) return isArray(value) ? '[…]' : '{…}'
    return objectText(value, [...seen, value], level)
  }

  // Never throws: a program's getters and prototypes are in the way here.
  const { toWellFormed } = String.prototype
  function describe(value) {
    try {
      return apply(toWellFormed, typeof value === 'string' ? value : inspect(value, [], 0), [])
    } catch {
      return '[a value that cannot be shown]'
    }
  }

  const formats = {
    s: (v) => (typeof v === 'object' ? describe(v) : String(v)), d: (v) => String(Number(v)), i: (v) => String(parseInt(v, 10)),
    f: (v) => String(parseFloat(v)), j: (v) => String(stringify(v)), o: describe, O: describe, c: () => '',
  }

  function line(args) {
    let used = 1
    const formatted = typeof args[0] === 'string' && args.length > 1
      ? args[0].replace(/%([sdifjoOc%])/g, (all, kind) => (kind === '%' ? '%' : used < args.length ? formats[kind](args[used++]) : all))
      : describe(args[0])
    return args.length ? [formatted, ...args.slice(used).map(describe)].join(' ') : ''
  }

  let indent = ''
  const counts = Object.create(null)
  const starts = Object.create(null)
  const out = (level, args) => { print(level, apply(toWellFormed, indent + line(args).replace(/\n/g, `\n${indent}`), [])) }
  const elapsed = (label) => `${label}: ${label in starts ? Date.now() - starts[label] : 0} ms`
  const log = (level) => (...args) => out(level, args)

  globalThis.console = {
    debug: log('debug'), log: log('log'), info: log('info'), warn: log('warn'), error: log('error'), dir: (v) => out('log', [v]), table: log('log'),
    trace: (...args) => out('log', [`Trace: ${line(args)}\n${new Error().stack}`]),
    assert: (ok, ...args) => { if (!ok) out('error', args.length ? ['Assertion failed:', ...args] : ['Assertion failed']) },
    count: (label = 'default') => out('log', [`${label}: ${counts[label] = (counts[label] || 0) + 1}`]),
    countReset: (label = 'default') => { delete counts[label] },
    time: (label = 'default') => { starts[label] = Date.now() },
    timeLog: (label = 'default', ...args) => out('log', [elapsed(label), ...args]),
    timeEnd: (label = 'default') => { out('log', [elapsed(label)]); delete starts[label] },
    group: (...args) => { if (args.length) out('log', args); indent += '  ' },
    groupCollapsed: (...args) => globalThis.console.group(...args),
    groupEnd: () => { indent = indent.slice(2) },
  }

  return { fire, describe, report: (error) => native.failed(describe(error)) }
})
