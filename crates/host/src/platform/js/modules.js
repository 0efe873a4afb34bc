// CommonJS: `require` over files that Rust finds and reads. Answers the function that runs the first file.
'use strict'
;(function ({ native }) {
  const cache = Object.create(null)
  const { parse } = JSON

  const folder = (file) => file.slice(0, file.lastIndexOf('/'))

  function requireFrom(from) {
    const require = (name) => {
      if (typeof name !== 'string') throw new TypeError(`require: the name should be a string instead of ${typeof name}`)
      return load(native.resolveModule(from, name))
    }
    require.resolve = (name) => native.resolveModule(from, name)
    require.cache = cache
    return require
  }

  // A module is in the cache while it runs: a cycle gets what it has exported so far. One that throws is not kept.
  function load(file) {
    if (cache[file]) return cache[file].exports
    const module = { id: file, filename: file, exports: {}, loaded: false }
    cache[file] = module
    try {
      if (file.endsWith('.json')) module.exports = json(file)
      else native.compileModule(file).call(module.exports, module.exports, requireFrom(folder(file)), module, file, folder(file) || '/')
      module.loaded = true
      return module.exports
    } catch (error) {
      delete cache[file]
      throw error
    }
  }

  function json(file) {
    try {
      return parse(native.readModule(file).replace(/^\uFEFF/, ''))
    } catch (error) {
      throw new SyntaxError(`${native.shownModule(file)}: ${error.message}`)
    }
  }

  return (entry) => { load(entry) }
})
