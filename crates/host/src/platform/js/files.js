// wx.getFileSystemManager() over the app's own files, and base64.
'use strict'
;(function ({ native, wx, asynchronous }) {
  const { fromCharCode } = String
  const { toBase64, toHex } = Uint8Array.prototype
  const fromBase64 = Uint8Array.fromBase64.bind(Uint8Array)
  const fromHex = Uint8Array.fromHex.bind(Uint8Array)

  // ---- texts to bytes and back -----------------------------------------------------------------------------------------
  // As the platform does: what is no digit is passed over, and so is a last digit that makes no byte.

  const base64 = {
    decode: (buffer) => toBase64.call(new Uint8Array(buffer)),
    encode: (text) => {
      const digits = text.replace(/[-_]/g, (c) => (c === '-' ? '+' : '/')).replace(/[^A-Za-z0-9+/]/g, '')
      return fromBase64(digits.length % 4 === 1 ? digits.slice(0, -1) : digits).buffer
    },
  }
  const hex = {
    decode: (buffer) => toHex.call(new Uint8Array(buffer)),
    encode: (text) => fromHex((text.match(/[0-9a-f]{2}/gi) || []).join('')).buffer,
  }
  wx.arrayBufferToBase64 = base64.decode
  wx.base64ToArrayBuffer = (text) => base64.encode(String(text))

  // One character for each element of a view, and back.
  const PIECE = 8192 // arguments of one call
  const units = (View) => ({
    decode: (buffer) => {
      const view = new View(buffer, 0, Math.floor(buffer.byteLength / View.BYTES_PER_ELEMENT))
      let text = ''
      for (let i = 0; i < view.length; i += PIECE) text += fromCharCode(...view.subarray(i, i + PIECE))
      return text
    },
    encode: (text) => {
      const view = new View(text.length)
      for (let i = 0; i < text.length; i++) view[i] = text.charCodeAt(i)
      return view.buffer
    },
  })
  const latin1 = units(Uint8Array)
  const utf16 = units(Uint16Array)
  const utf8 = { decode: (buffer) => native.decodeUtf8(buffer, false), encode: (text) => native.encodeUtf8(text.toWellFormed()) }
  const encodings = {
    utf8, 'utf-8': utf8, ascii: latin1, binary: latin1, latin1, hex, base64,
    ucs2: utf16, 'ucs-2': utf16, utf16le: utf16, 'utf-16le': utf16,
  }
  function encoding(name) {
    const key = String(name).toLowerCase()
    if (!Object.hasOwn(encodings, key)) throw new Error(`invalid encoding "${name}"`)
    return encodings[key]
  }

  // ---- the operations --------------------------------------------------------------------------------------------------

  const TEXTS = {
    ENOENT: ['no such file or directory', 1300002], EACCES: ['permission denied', 1300013], EEXIST: ['file already exists', 1301005],
    ENOTEMPTY: ['directory not empty', 1300066], EISDIR: ['illegal operation on a directory', 1300021], ENOTDIR: ['not a directory', 1300020],
    EINVAL: ['invalid argument', 1300022], ENAMETOOLONG: ['file name too long', 1300036], ENOSPC: ['the maximum size of the file storage limit is exceeded', 1300202], EIO: ['system error', 1300201],
  }

  function failure(code, verb, path) {
    const [text, errno] = TEXTS[code] || [code]
    return Object.assign(new Error(`${text}, ${verb} "${path}"`), { errno })
  }

  function attempt(verb, path, work) {
    if (typeof path !== 'string') throw new Error(`parameter error: the path should be String instead of ${path === undefined ? 'Undefined' : typeof path};`)
    try {
      return work()
    } catch (error) {
      throw failure(error.message, verb, path)
    }
  }

  function bytesOf(data, name = 'utf8') {
    if (typeof data === 'string') return encoding(name).encode(data)
    if (data instanceof ArrayBuffer) return data
    if (ArrayBuffer.isView(data)) return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)
    throw new Error('data should be String or ArrayBuffer')
  }

  function readFile({ filePath, encoding: name, position = 0, length = -1 }) {
    if (!Number.isSafeInteger(position) || position < 0 || !Number.isSafeInteger(length) || length < -1) throw failure('EINVAL', 'open', filePath)
    const data = attempt('open', filePath, () => native.readFile(filePath, position, length))
    return { data: name ? encoding(name).decode(data) : data }
  }

  function statOf(path) {
    const [folder, size, modified, accessed] = attempt('stat', path, () => native.statFile(path))
    return { mode: folder ? 0o40755 : 0o100644, size, lastAccessedTime: accessed, lastModifiedTime: modified, isDirectory: () => folder, isFile: () => !folder }
  }

  // Recursively: a folder's own, then those of all below it, by their paths in the folder.
  function stat({ path, recursive }) {
    const stats = statOf(path)
    if (!recursive || !stats.isDirectory()) return { stats }
    const root = path.replace(/\/$/, '')
    const all = [{ path: '/', stats }]
    for (let i = 0; i < all.length; i++) {
      if (!all[i].stats.isDirectory()) continue
      const below = all[i].path === '/' ? '/' : `${all[i].path}/`
      for (const name of native.readdir(root + all[i].path)) all.push({ path: below + name, stats: statOf(root + below + name) })
    }
    return { stats: all }
  }

  // A temporary file that stays: `tmp_1.png` becomes `store_1.png` unless it is told where to go.
  function saveFile({ tempFilePath, filePath }) {
    const savedFilePath = filePath === undefined ? String(tempFilePath).replace(/^wxfile:\/\/tmp_/, `${wx.env.USER_DATA_PATH}/store_`) : filePath
    attempt('saveFile', tempFilePath, () => native.rename(tempFilePath, savedFilePath))
    return { savedFilePath }
  }

  function getFileInfo({ filePath, digestAlgorithm }) {
    if (digestAlgorithm !== undefined) throw new Error('digestAlgorithm is not supported')
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
      try {
        const result = work(Object.fromEntries(args.map((arg, i) => [arg, given[i]])))
        return answer && result[answer]
      } catch (error) {
        throw Object.assign(new Error(`${name}Sync:fail ${error.message}`), error.errno && { errno: error.errno })
      }
    }
  }

  const manager = {}
  for (const [name, operation] of Object.entries(operations)) {
    manager[name] = asynchronous(name, operation[0])
    if (operation[1]) manager[`${name}Sync`] = synchronous(name, operation)
  }
  wx.getFileSystemManager = () => manager
  wx.saveFile = manager.saveFile
})
