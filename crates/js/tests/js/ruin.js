// Ruins every built-in that a program can reach: methods throw or are gone, getters throw, names are undefined, prototypes take away what
// is assigned. `mode` is 'overwrite' or 'delete'. Whoever runs on needs the language alone.
(function (mode, kept) {
  'use strict'
  const { ownKeys, getOwnPropertyDescriptor: descriptorOf, defineProperty, deleteProperty, getPrototypeOf } = Reflect
  const changed = function () { throw 'changed' }
  const iterators = [[][Symbol.iterator](), ''[Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ''.matchAll(/x/g), (function* () {})(), (async function* () {})()]
  const functions = [function () {}, async function () {}, function* () {}, async function* () {}, getPrototypeOf(Uint8Array)]
  const found = new Set()
  const todo = [...iterators, ...functions]
  for (const name of ownKeys(globalThis)) if (!kept.includes(name)) todo.push(descriptorOf(globalThis, name).value)

  // Breadth first, by properties and prototypes, with the engine still whole.
  for (let i = 0; i < todo.length; i++) {
    const value = todo[i]
    if (value === globalThis || value === null || (typeof value !== 'object' && typeof value !== 'function') || found.has(value)) continue
    found.add(value)
    todo.push(getPrototypeOf(value))
    for (const key of ownKeys(value)) {
      const { value: held, get, set } = descriptorOf(value, key)
      todo.push(held, get, set)
    }
  }

  const all = [...found].map((object) => [object, ownKeys(object).map((key) => [key, descriptorOf(object, key)])])
  for (let i = 0; i < all.length; i++) {
    const object = all[i][0]
    const properties = all[i][1]
    for (let j = 0; j < properties.length; j++) {
      const key = properties[j][0]
      const descriptor = properties[j][1]
      const method = typeof descriptor.value === 'function'
      if (!method && !descriptor.get) continue
      if (descriptor.configurable && mode === 'delete') deleteProperty(object, key)
      else if (descriptor.configurable) defineProperty(object, key, method ? { __proto__: null, value: changed } : { __proto__: null, get: changed })
      else if (descriptor.writable) defineProperty(object, key, { __proto__: null, value: changed })
    }
  }

  const traps = ['0', '1', '2', 'json', 'attachments', 'data', 'result', 'errMsg', 'success', 'fail', 'complete', 'listeners', 'past', 'state', 'closing', 'id', 'task', 'api', 'name', 'value', 'get', 'set', 'writable', 'enumerable', 'configurable', 'exports', 'loaded', 'errno', 'f', 'args', 'onHeadersReceived', 'readyState']
  for (let i = 0; i < traps.length; i++) defineProperty(Object.prototype, traps[i], { __proto__: null, configurable: true, get: () => undefined, set: changed })
  const global = globalThis
  const names = ownKeys(global)
  for (let i = 0; i < names.length; i++) {
    let keep = false
    for (let j = 0; j < kept.length; j++) if (kept[j] === names[i]) keep = true
    const { configurable } = descriptorOf(global, names[i])
    if (!keep && configurable) deleteProperty(global, names[i])
  }
})
