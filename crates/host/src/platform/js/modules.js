// CommonJS: `require` over files that Rust finds and reads. Answers the function that runs the first file.
'use strict'
;(function ({ native, builtins }) {
  const { apply, create, parse, string } = builtins
  const { endsWith, lastIndexOf, slice } = string
  const [WrongType, Unparsed] = [TypeError, SyntaxError]
  const cache = create(null)

  const folder = (file) => slice(file, 0, lastIndexOf(file, '/'))

  function requireFrom(from) {
    const require = (name) => {
      if (typeof name !== 'string') throw new WrongType('require: the name should be a string instead of ' + typeof name)
      return load(native.resolveModule(from, name))
    }
    builtins.put(require, 'resolve', (name) => native.resolveModule(from, name))
    builtins.put(require, 'cache', cache)
    return require
  }

  // A module is in the cache while it runs: a cycle gets what it has exported so far. One that throws is not kept.
  function load(file) {
    if (cache[file]) return cache[file].exports
    const module = { id: file, filename: file, exports: {}, loaded: false }
    cache[file] = module
    try {
      if (endsWith(file, '.json')) module.exports = json(file)
      else apply(native.compileModule(file), module.exports, [module.exports, requireFrom(folder(file)), module, file, folder(file) || '/'])
      module.loaded = true
      return module.exports
    } catch (error) {
      delete cache[file]
      throw error
    }
  }

  function json(file) {
    const text = native.readModule(file)
    try {
      return parse(slice(text, text[0] === '\uFEFF' ? 1 : 0))
    } catch (error) {
      throw new Unparsed(native.shownModule(file) + ': ' + error.message)
    }
  }

  return (entry) => { load(entry) }
})
