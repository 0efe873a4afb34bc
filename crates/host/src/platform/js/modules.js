// CommonJS: `require` over files that Rust finds and reads, and what compiled ES modules need beside it. Answers `load(file)`, which runs a
// file once and answers its exports.
'use strict'
;(function ({ native, builtins, later, run }) {
  const { apply, create, define, hasOwn, keys, parse, put, string } = builtins
  const { endsWith, lastIndexOf, slice } = string
  const [WrongType, Unparsed, Failure, Result] = [TypeError, SyntaxError, Error, Promise]
  const cache = create(null)

  const folder = (file) => slice(file, 0, lastIndexOf(file, '/'))

  // ---- require ---------------------------------------------------------------------------------------------------------

  function requireFrom(from) {
    const resolve = (name) => {
      if (typeof name !== 'string') throw new WrongType('require: the name should be a string instead of ' + typeof name)
      return native.resolveModule(from, name)
    }
    // Sub-packages are on this machine as everything else: what the platform loads first comes a turn later here.
    const whenLoaded = (name, done, failed) => later(() => {
      let exports
      try { exports = load(resolve(name)) } catch (error) { return failed(error) }
      return done(exports)
    })
    const require = (name, done, failed) => {
      if (typeof done !== 'function' && typeof failed !== 'function') return load(resolve(name))
      whenLoaded(name, (exports) => run(done, exports), (error) => run(failed, { mod: name, errMsg: error.message }))
      return undefined
    }
    put(require, 'async', (name) => new Result((done, failed) => { whenLoaded(name, done, failed) }))
    put(require, 'resolve', resolve)
    put(require, 'cache', cache)
    return require
  }

  // A module is in the cache while it runs: a cycle gets what it has exported so far. One that throws is not kept.
  function load(file) {
    if (cache[file]) return cache[file].exports
    const module = { id: file, filename: file, exports: {}, loaded: false }
    cache[file] = module
    try {
      if (endsWith(file, '.json')) module.exports = json(file)
      else evaluate(file, module)
      module.loaded = true
      return module.exports
    } catch (error) {
      delete cache[file]
      throw error
    }
  }

  // `this` of an ES module is undefined; of CommonJS it is what is exported.
  function evaluate(file, module) {
    const made = native.compileModule(file)
    const compiled = made[1]
    apply(made[0], compiled ? undefined : module.exports, [module.exports, requireFrom(folder(file)), module, file, folder(file) || '/', compiled ? es : undefined])
  }

  function json(file) {
    const text = native.readModule(file)
    try {
      return parse(slice(text, text[0] === '\uFEFF' ? 1 : 0))
    } catch (error) {
      throw new Unparsed(native.shownModule(file) + ': ' + error.message)
    }
  }

  // ---- what compiled ES modules use (commonjs.rs) ----------------------------------------------------------------------

  const isModule = (exports) => exports !== null && (typeof exports === 'object' || typeof exports === 'function') && exports.__esModule === true
  const mark = (exports) => define(exports, '__esModule', { __proto__: null, value: true })
  // A binding that is read before its line has run is undefined, as compiled modules of the platform have it. CommonJS may replace what is exported.
  const bind = (exports, name, get) => define(exports, name, {
    __proto__: null, configurable: true, enumerable: true,
    get: () => { try { return get() } catch { return undefined } },
    set: (value) => { put(exports, name, value) },
  })

  const es = {
    __proto__: null,
    export: (exports, getters) => {
      mark(exports)
      const names = keys(getters)
      for (let i = 0; i < names.length; i++) bind(exports, names[i], getters[names[i]])
    },
    star: (exports, other) => {
      mark(exports)
      const names = keys(other)
      for (let i = 0; i < names.length; i++) {
        const name = names[i]
        if (name !== 'default' && !hasOwn(exports, name)) bind(exports, name, () => other[name])
      }
    },
    withDefault: (exports) => (isModule(exports) ? exports : { default: exports }),
    namespace: (exports) => {
      if (isModule(exports)) return exports
      const all = { default: exports }
      const names = exports !== null && (typeof exports === 'object' || typeof exports === 'function') ? keys(exports) : []
      for (let i = 0; i < names.length; i++) if (names[i] !== 'default') bind(all, names[i], () => exports[names[i]])
      return all
    },
    dynamic: (require, name) => new Result((done, failed) => {
      try { done(es.namespace(require(name))) } catch (error) { failed(error) }
    }),
  }

  // Plugins are other people's programs, which the platform loads from its own servers.
  const plugin = (name) => new Failure("requirePlugin('" + name + "'): plugins are not part of this host; a program may catch this and go on without")
  globalThis.requirePlugin = (name, done, failed) => {
    if (typeof failed !== 'function') throw plugin(name)
    later(() => run(failed, { mod: name, errMsg: plugin(name).message }))
  }
  put(globalThis.requirePlugin, 'async', (name) => new Result((done, failed) => { failed(plugin(name)) }))

  return load
})
