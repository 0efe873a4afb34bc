// Built-ins of the engine as they are before a program can change them. Methods become functions that are handed their `this` first.
//
// Whoever uses them keeps the rest of the language away from what a program can change: no `for…of`, no spreading and no destructuring of
// lists (they ask the list for its iterator), no `${…}` (QuickJS calls `String.prototype.concat` for it), no method that is looked up on a
// value, and properties that are new are defined, because a setter of a prototype would take them.
(function () {
  'use strict'

  const { apply } = Reflect
  const { create, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, is, keys } = Object
  const { isPrototypeOf } = Object.prototype
  const { isArray } = Array
  const { isView } = ArrayBuffer
  const { fromCharCode } = String
  const { parse, stringify } = JSON
  const { ceil, floor, trunc } = Math
  const { now } = Date
  const TypedArray = getPrototypeOf(Uint8Array.prototype)

  const { bind, call } = Function.prototype
  // `method(f)(self, x)` is `f.call(self, x)`, and makes no list of its arguments.
  const method = apply(bind, bind, [call])
  const getter = (of, name) => method(getOwnPropertyDescriptor(of, name).get)
  const isA = ({ prototype }) => (value) => apply(isPrototypeOf, prototype, [value])
  // The getter or method of a class as a question: undefined for what is not of that class, whatever its prototype says.
  const ask = (f) => (value) => { try { return f(value) } catch { return undefined } }

  function methods(of, names) {
    const all = create(null)
    for (const name of names) all[name] = method(of[name])
    return all
  }

  const put = (object, name, value) => defineProperty(object, name, { __proto__: null, configurable: true, enumerable: true, writable: true, value })
  const add = (list, item) => put(list, list.length, item)

  // f(0) … f(length - 1)
  function listOf(length, f) {
    const list = []
    for (let i = 0; i < length; i++) add(list, f(i))
    return list
  }

  function join(list, between) {
    let all = ''
    for (let i = 0; i < list.length; i++) all += (i ? between : '') + list[i]
    return all
  }

  return {
    __proto__: null, apply, create, define: defineProperty, getPrototypeOf, hasOwn, is, keys, isArray, isView, fromCharCode, parse, stringify, ceil, floor, trunc,
    now, method, put, add, listOf, join, isError: isA(Error), isPromise: isA(Promise),
    error: { stack: ask(getter(Error.prototype, 'stack')), setStack: getOwnPropertyDescriptor(Error.prototype, 'stack').set },
    string: methods(String.prototype, ['charCodeAt', 'codePointAt', 'endsWith', 'indexOf', 'lastIndexOf', 'repeat', 'slice', 'startsWith', 'toLowerCase', 'toWellFormed', 'trimEnd']),
    map: { ...methods(Map.prototype, ['clear', 'delete', 'forEach', 'get', 'has', 'set']), size: ask(getter(Map.prototype, 'size')) },
    set: { ...methods(Set.prototype, ['forEach']), size: ask(getter(Set.prototype, 'size')) },
    regExp: { exec: method(RegExp.prototype.exec), source: ask(getter(RegExp.prototype, 'source')), flags: ask(getter(RegExp.prototype, 'flags')) },
    date: { time: ask(method(Date.prototype.getTime)), iso: method(Date.prototype.toISOString) },
    buffer: { length: ask(getter(ArrayBuffer.prototype, 'byteLength')) },
    view: {
      ...methods(TypedArray, ['set', 'subarray']), ...methods(Uint8Array.prototype, ['toBase64', 'toHex']), length: ask(getter(TypedArray, 'length')),
      buffer: getter(TypedArray, 'buffer'), start: getter(TypedArray, 'byteOffset'), bytes: getter(TypedArray, 'byteLength'),
    },
    dataView: { buffer: getter(DataView.prototype, 'buffer'), start: getter(DataView.prototype, 'byteOffset'), bytes: getter(DataView.prototype, 'byteLength') },
  }
})()
