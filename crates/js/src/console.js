// The console of a program. The value is a function of `native`, the functions of install.rs, and the built-ins of builtins.js. It answers
//   describe(value)   a value as text, as a thrown value is printed too
//   stack()           where the program is, as the engine writes it
//   report(error)     tells of what a callback threw (J4)
//   setHandler(f)     who is offered what nobody caught: f(kind, value, promise, describe) answers whether it took it; answers `handled`
//   handled(kind, value, promise)   offers it
(function (native, builtins) {
  'use strict'

  const { add, buffer, create, date, error: ofError, getPrototypeOf, hasOwn, is, isArray, isError, isPromise, isView, join, keys, listOf, map, now, regExp, set, stringify, view } = builtins
  const { indexOf, repeat, slice, toWellFormed, trimEnd } = builtins.string
  const [text, toNumber, toInt, toFloat, Failure, plain] = [String, Number, parseInt, parseFloat, Error, Object.prototype]
  const { print } = native

  const MOST = 100 // items of one array or object that are shown
  const DEEP = 4

  // ---- values ----------------------------------------------------------------------------------------------------------
  // `seen` is a chain of what is shown around a value, so that a circle ends.

  function isSeen(value, seen) {
    for (let link = seen; link; link = link.outer) if (link.value === value) return true
    return false
  }

  const read = (object, key, otherwise) => { try { return text(object[key]) } catch { return otherwise } }

  // The stack of an error as the author's files have it, for the program too.
  const own = ofError.stack
  Object.defineProperty(Error.prototype, 'stack', {
    __proto__: null, configurable: true,
    get: function () {
      const stack = own(this)
      return typeof stack === 'string' ? native.trace('', stack) : stack
    },
    set: ofError.setStack,
  })

  // An error with its stack, which names file and line.
  function errorText(error, seen) {
    const head = read(error, 'name', 'Error') + ': ' + read(error, 'message', '')
    const isOwn = hasOwn(error, 'stack')
    const given = isOwn ? error.stack : ofError.stack(error)
    const stack = typeof given === 'string' ? trimEnd(given) : ''
    const cause = error.cause === undefined ? '' : '\n  caused by ' + inspect(error.cause, seen, 1)
    return (isOwn ? (stack ? head + '\n' + stack : head) : native.trace(head, stack)) + cause
  }

  function listText(open, items, close, inner) {
    if (!items.length) return open + close
    const all = join(items, ', ')
    const pad = repeat('  ', inner + 1)
    return all.length > 72 || indexOf(all, '\n') >= 0
      ? open + '\n' + pad + join(items, ',\n' + pad) + '\n' + repeat('  ', inner) + close
      : open === '[' ? '[' + all + ']' : open + ' ' + all + ' ' + close
  }

  // The first of `length` items.
  function shown(length, item) {
    const items = listOf(length < MOST ? length : MOST, item)
    if (length > MOST) add(items, '… ' + (length - MOST) + ' more')
    return items
  }

  function entries(collection, each) {
    const list = []
    each(collection, (value, key) => { add(list, { key, value }) })
    return list
  }

  function objectText(value, seen, level) {
    const inner = (v) => inspect(v, seen, level + 1)
    const collection = (name, list, item) => name + '(' + list.length + ') ' + listText('{', shown(list.length, (i) => item(list[i])), '}', level)
    const proto = getPrototypeOf(value)
    const name = proto && proto !== plain && proto.constructor ? text(proto.constructor.name) : ''
    const length = buffer.length(value)
    if (length !== undefined) return 'ArrayBuffer(' + length + ')'
    if (isArray(value)) return listText('[', shown(value.length, (i) => inner(value[i])), ']', level)
    if (isView(value)) return name + '(' + (view.length(value) ?? value.byteLength) + ') ' + listText('[', shown(view.length(value) ?? 0, (i) => inner(value[i])), ']', level)
    if (map.size(value) !== undefined) return collection('Map', entries(value, map.forEach), (entry) => inner(entry.key) + ' => ' + inner(entry.value))
    if (set.size(value) !== undefined) return collection('Set', entries(value, set.forEach), (entry) => inner(entry.value))
    const time = date.time(value)
    if (time !== undefined) return is(time, NaN) ? 'Invalid Date' : date.iso(value)
    const source = regExp.source(value)
    if (source !== undefined) return '/' + source + '/' + (regExp.flags(value) ?? '')
    if (isPromise(value)) return 'Promise {}'
    const fields = keys(value)
    const field = (i) => (regExp.exec(/^[\w$]+$/, fields[i]) ? fields[i] : stringify(fields[i])) + ': ' + inner(value[fields[i]])
    return (name && name + ' ') + listText('{', shown(fields.length, field), '}', level)
  }

  function inspect(value, outer, level) {
    if (typeof value === 'string') return stringify(value)
    if (typeof value === 'bigint') return text(value) + 'n'
    if (typeof value === 'function') return value.name ? '[Function: ' + value.name + ']' : '[Function]'
    if (typeof value !== 'object' || value === null) return is(value, -0) ? '-0' : text(value)
    if (isSeen(value, outer)) return '[Circular]'
    const seen = { value, outer }
    if (isError(value)) return errorText(value, seen)
    if (level > DEEP) return isArray(value) ? '[…]' : '{…}'
    return objectText(value, seen, level)
  }

  // Never throws: a program's getters and prototypes are in the way here.
  function describe(value) {
    try {
      return toWellFormed(typeof value === 'string' ? value : inspect(value, undefined, 0))
    } catch {
      return '[a value that cannot be shown]'
    }
  }

  // ---- lines -----------------------------------------------------------------------------------------------------------

  const asNumber = (convert) => (v) => { try { return text(convert(v)) } catch { return 'NaN' } }
  const formats = {
    __proto__: null, s: (v) => (typeof v === 'object' ? describe(v) : text(v)), d: asNumber(toNumber), i: asNumber((v) => toInt(v, 10)),
    f: asNumber(toFloat), j: (v) => text(stringify(v)), o: describe, O: describe, c: () => '',
  }

  // Puts args[1] … into the places of the template args[0]; `used` is the first that had no place.
  function filled(args) {
    const template = args[0]
    let line = ''
    let used = 1
    let from = 0
    let at = indexOf(template, '%')
    while (at >= 0) {
      const kind = text(template[at + 1])
      const known = kind === '%' || hasOwn(formats, kind)
      if (kind === '%' || (known && used < args.length)) {
        line += slice(template, from, at) + (kind === '%' ? '%' : formats[kind](args[used++]))
        from = at + 2
      }
      at = indexOf(template, '%', at + (known ? 2 : 1))
    }
    return { line: line + slice(template, from), used }
  }

  function lineOf(args) {
    if (!args.length) return ''
    const { line, used } = typeof args[0] === 'string' && args.length > 1 ? filled(args) : { line: describe(args[0]), used: 1 }
    return join(listOf(args.length - used + 1, (i) => (i ? describe(args[used + i - 1]) : line)), ' ')
  }

  let indent = ''
  function indented(lines) {
    if (!indent) return lines
    let all = ''
    let from = 0
    for (let at = indexOf(lines, '\n'); at >= 0; at = indexOf(lines, '\n', from)) {
      all += indent + slice(lines, from, at + 1)
      from = at + 1
    }
    return all + indent + slice(lines, from)
  }

  const counts = create(null)
  const starts = create(null)
  const out = (level, line) => { print(level, toWellFormed(indented(line))) }
  const elapsed = (label) => text(label) + ': ' + (label in starts ? now() - starts[label] : 0) + ' ms'
  const log = (level) => (...args) => out(level, lineOf(args))
  const group = (...args) => {
    if (args.length) out('log', lineOf(args))
    indent += '  '
  }

  globalThis.console = {
    debug: log('debug'), log: log('log'), info: log('info'), warn: log('warn'), error: log('error'), dir: (v) => out('log', describe(v)), table: log('log'),
    trace: (...args) => out('log', 'Trace: ' + lineOf(args) + '\n' + new Failure().stack),
    assert: (ok, ...args) => { if (!ok) out('error', args.length ? 'Assertion failed: ' + lineOf(args) : 'Assertion failed') },
    count: (label = 'default') => out('log', text(label) + ': ' + (counts[label] = (counts[label] || 0) + 1)),
    countReset: (label = 'default') => { delete counts[label] },
    time: (label = 'default') => { starts[label] = now() },
    timeLog: (label = 'default', ...args) => out('log', elapsed(label) + (args.length ? ' ' + lineOf(args) : '')),
    timeEnd: (label = 'default') => {
      out('log', elapsed(label))
      delete starts[label]
    },
    group,
    groupCollapsed: group,
    groupEnd: () => { indent = slice(indent, 2) },
  }

  // ---- what nobody caught ----------------------------------------------------------------------------------------------

  let handler
  // A handler that throws has taken nothing; what it is told of while it works is not offered to it again.
  function handled(kind, value, promise) {
    const ask = handler
    if (!ask) return false
    handler = undefined
    let taken = false
    try { taken = ask(kind, value, promise, describe) === true } catch (error) { native.failed(describe(error)) } finally { handler = ask }
    if (taken) native.handled(describe(value))
    return taken
  }

  return {
    describe,
    handled,
    stack: () => ofError.stack(new Failure()),
    setHandler: (f) => {
      handler = f
      return handled
    },
    report: (error) => { if (!handled('error', error)) native.failed(describe(error)) },
  }
})
