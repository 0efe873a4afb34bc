// wx.getFileSystemManager() over the app's own files, and base64.
'use strict'
;(function ({ native, wx, asynchronous, builtins }, { userDataPath }) {
  const { add, apply, floor, fromCharCode, isArray, isView, join, listOf, put, regExp, string, view, dataView } = builtins
  const { charCodeAt, endsWith, slice, startsWith, toLowerCase, toWellFormed } = string
  const { fromBase64, fromHex } = Uint8Array
  const [Bytes, Failure, text] = [Uint8Array, Error, String]

  // ---- texts to bytes and back -----------------------------------------------------------------------------------------
  // As the platform does: what is no digit is passed over, and so is a last digit that makes no byte.

  // The parts of a text that match.
  function matches(pattern, words) {
    const all = []
    for (let found = regExp.exec(pattern, words); found; found = regExp.exec(pattern, words)) add(all, found[0])
    return all
  }
  const standard = (part) => (part === '-' ? '+' : part === '_' ? '/' : part)
  function digits(words) {
    const parts = matches(/[A-Za-z0-9+/]+|[-_]/g, words)
    return join(listOf(parts.length, (i) => standard(parts[i])), '')
  }

  const base64 = {
    decode: (buffer) => view.toBase64(new Bytes(buffer)),
    encode: (words) => {
      const all = digits(words)
      return view.buffer(apply(fromBase64, Bytes, [all.length % 4 === 1 ? slice(all, 0, -1) : all]))
    },
  }
  const hex = {
    decode: (buffer) => view.toHex(new Bytes(buffer)),
    encode: (words) => view.buffer(apply(fromHex, Bytes, [join(matches(/(?:[0-9a-f]{2})+/gi, words), '')])),
  }
  wx.arrayBufferToBase64 = base64.decode
  wx.base64ToArrayBuffer = (words) => base64.encode(text(words))

  // One character for each element of a view, and back.
  const PIECE = 8192 // arguments of one call
  const units = (View, size) => ({
    decode: (buffer) => {
      const count = floor(builtins.buffer.length(buffer) / size)
      let words = ''
      for (let i = 0; i < count; i += PIECE) {
        const length = i + PIECE < count ? PIECE : count - i
        // A view's own length: that of its prototype is a getter, which a program can change.
        words += apply(fromCharCode, undefined, put(new View(buffer, i * size, length), 'length', length))
      }
      return words
    },
    encode: (words) => {
      const all = new View(words.length)
      for (let i = 0; i < words.length; i++) all[i] = charCodeAt(words, i)
      return view.buffer(all)
    },
  })
  const latin1 = units(Uint8Array, 1)
  const utf16 = units(Uint16Array, 2)
  const utf8 = { decode: (buffer) => native.decodeUtf8(buffer, false), encode: (words) => native.encodeUtf8(toWellFormed(words)) }
  const encodings = {
    __proto__: null, utf8, 'utf-8': utf8, ascii: latin1, binary: latin1, latin1, hex, base64,
    ucs2: utf16, 'ucs-2': utf16, utf16le: utf16, 'utf-16le': utf16,
  }
  function encoding(name) {
    const known = encodings[toLowerCase(text(name))]
    if (!known) throw new Failure('invalid encoding "' + text(name) + '"')
    return known
  }

  // ---- the operations --------------------------------------------------------------------------------------------------

  function failed(words, errno) {
    const error = new Failure(words)
    return errno ? put(error, 'errno', errno) : error
  }

  function attempt(verb, path, work) {
    if (typeof path !== 'string') throw new Failure('parameter error: the path should be String instead of ' + (path === undefined ? 'Undefined' : typeof path) + ';')
    try {
      return work()
    } catch (error) {
      const told = isArray(error)
      throw failed((told ? error[0] : error.message) + ', ' + verb + ' "' + path + '"', told ? error[1] : undefined)
    }
  }

  function bytesOf(data, name = 'utf8') {
    if (typeof data === 'string') return encoding(name).encode(data)
    if (builtins.buffer.length(data) !== undefined) return data
    if (!isView(data)) throw new Failure('data should be String or ArrayBuffer')
    const place = view.length(data) === undefined ? dataView : view
    const copy = new Bytes(place.bytes(data))
    view.set(copy, new Bytes(place.buffer(data), place.start(data), place.bytes(data)))
    return view.buffer(copy)
  }

  function readFile({ filePath, encoding: name, position = 0, length = -1 }) {
    const number = (value) => (typeof value === 'number' ? value : NaN)
    const data = attempt('open', filePath, () => native.readFile(filePath, number(position), number(length)))
    return { data: name ? encoding(name).decode(data) : data }
  }

  function statOf(path) {
    const told = attempt('stat', path, () => native.statFile(path))
    const folder = told[0]
    return { mode: folder ? 0o40755 : 0o100644, size: told[1], lastAccessedTime: told[3], lastModifiedTime: told[2], isDirectory: () => folder, isFile: () => !folder }
  }

  // Recursively: a folder's own, then those of all below it, by their paths in the folder.
  function stat({ path, recursive }) {
    const stats = statOf(path)
    if (!recursive || !stats.isDirectory()) return { stats }
    const root = endsWith(path, '/') ? slice(path, 0, -1) : path
    const all = [{ path: '/', stats }]
    for (let i = 0; i < all.length; i++) {
      if (!all[i].stats.isDirectory()) continue
      const below = all[i].path === '/' ? '/' : all[i].path + '/'
      const names = attempt('stat', root + all[i].path, () => native.readdir(root + all[i].path))
      for (let j = 0; j < names.length; j++) add(all, { path: below + names[j], stats: statOf(root + below + names[j]) })
    }
    return { stats: all }
  }

  // A temporary file that stays: `tmp_1.png` becomes `store_1.png` unless it is told where to go.
  const TEMPORARY = 'wxfile://tmp_'
  const storeName = (path) => (startsWith(path, TEMPORARY) ? userDataPath + '/store_' + slice(path, TEMPORARY.length) : path)
  function saveFile({ tempFilePath, filePath }) {
    const savedFilePath = filePath === undefined ? storeName(text(tempFilePath)) : filePath
    attempt('saveFile', tempFilePath, () => native.rename(tempFilePath, savedFilePath))
    return { savedFilePath }
  }

  function getFileInfo({ filePath, digestAlgorithm }) {
    if (digestAlgorithm !== undefined) throw new Failure('digestAlgorithm is not supported')
    return { size: statOf(filePath).size }
  }

  const write = (f) => ({ filePath, data, encoding: name }) => {
    const bytes = bytesOf(data, name)
    attempt('open', filePath, () => f(filePath, bytes))
  }

  // Each with the order of its arguments in the synchronous form (if it has one), and what of the result that form answers.
  const operations = {
    access: [({ path }) => { attempt('access', path, () => native.statFile(path)) }, ['path']],
    readFile: [readFile, ['filePath', 'encoding', 'position', 'length'], 'data'],
    writeFile: [write(native.writeFile), ['filePath', 'data', 'encoding']],
    appendFile: [write(native.appendFile), ['filePath', 'data', 'encoding']],
    unlink: [({ filePath }) => { attempt('unlink', filePath, () => native.unlink(filePath)) }, ['filePath']],
    mkdir: [({ dirPath, recursive }) => { attempt('mkdir', dirPath, () => native.mkdir(dirPath, !!recursive)) }, ['dirPath', 'recursive']],
    rmdir: [({ dirPath, recursive }) => { attempt('rmdir', dirPath, () => native.rmdir(dirPath, !!recursive)) }, ['dirPath', 'recursive']],
    readdir: [({ dirPath }) => ({ files: attempt('scandir', dirPath, () => native.readdir(dirPath)) }), ['dirPath'], 'files'],
    stat: [stat, ['path', 'recursive'], 'stats'],
    rename: [(o) => { attempt('rename', o.oldPath, () => native.rename(o.oldPath, o.newPath)) }, ['oldPath', 'newPath']],
    copyFile: [(o) => { attempt('copyFile', o.srcPath, () => native.copyFile(o.srcPath, o.destPath)) }, ['srcPath', 'destPath']],
    saveFile: [saveFile, ['tempFilePath', 'filePath'], 'savedFilePath'],
    getFileInfo: [getFileInfo],
  }

  function synchronous(name, [work, args, answer]) {
    return (...given) => {
      const options = {}
      for (let i = 0; i < args.length; i++) put(options, args[i], given[i])
      try {
        const result = work(options)
        return answer && result[answer]
      } catch (error) {
        throw failed(name + 'Sync:fail ' + error.message, error.errno)
      }
    }
  }

  const manager = {}
  for (const [name, operation] of Object.entries(operations)) {
    manager[name] = asynchronous(name, operation[0])
    if (operation[1]) manager[name + 'Sync'] = synchronous(name, operation)
  }
  wx.getFileSystemManager = () => manager
  wx.saveFile = manager.saveFile
})
