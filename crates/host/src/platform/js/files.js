// wx.getFileSystemManager() over the app's own folder, and base64.
'use strict'
;(function ({ native, wx, asynchronous }) {
  const { fromCharCode } = String

  // ---- texts to bytes and back -----------------------------------------------------------------------------------------

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const VALUES = Object.fromEntries([...ALPHABET, '-', '_'].map((c, i) => [c, i < 64 ? i : i - 2]))

  function toBase64(buffer) {
    const bytes = new Uint8Array(buffer)
    let text = ''
    for (let i = 0; i < bytes.length; i += 3) {
      const word = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0)
      text += ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63]
      text += (i + 1 < bytes.length ? ALPHABET[(word >> 6) & 63] : '=') + (i + 2 < bytes.length ? ALPHABET[word & 63] : '=')
    }
    return text
  }

  function fromBase64(text) {
    const digits = String(text).replace(/[^A-Za-z0-9+/_-]/g, '')
    const bytes = new Uint8Array(Math.floor(digits.length * 3 / 4))
    for (let i = 0, word = 0, at = 0; i < digits.length; i++) {
      word = (word << 6) | VALUES[digits[i]]
      if (i % 4 === 1) bytes[at++] = (word >> 4) & 255
      if (i % 4 === 2) bytes[at++] = (word >> 2) & 255
      if (i % 4 === 3) { bytes[at++] = word & 255; word = 0 }
    }
    return bytes.buffer
  }

  wx.arrayBufferToBase64 = toBase64
  wx.base64ToArrayBuffer = fromBase64

  const latin1 = {
    decode: (buffer) => { let text = ''; for (const byte of new Uint8Array(buffer)) text += fromCharCode(byte); return text },
    encode: (text) => Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).buffer,
  }
  const utf8 = { decode: (buffer) => native.decodeUtf8(buffer, false), encode: (text) => native.encodeUtf8(text.toWellFormed()) }
  const hex = {
    decode: (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join(''),
    encode: (text) => Uint8Array.from(text.match(/[0-9a-f]{2}/gi) || [], (digits) => parseInt(digits, 16)).buffer,
  }
  const utf16 = {
    decode: (buffer) => { let text = ''; for (const unit of new Uint16Array(buffer, 0, buffer.byteLength >> 1)) text += fromCharCode(unit); return text },
    encode: (text) => Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).buffer,
  }
  const encodings = {
    utf8, 'utf-8': utf8, ascii: latin1, binary: latin1, latin1, hex, base64: { decode: toBase64, encode: fromBase64 },
    ucs2: utf16, 'ucs-2': utf16, utf16le: utf16, 'utf-16le': utf16,
  }
  function encoding(name) {
    const found = encodings[String(name).toLowerCase()]
    if (!found) throw new Error(`invalid encoding ${name}`)
    return found
  }

  // ---- the operations --------------------------------------------------------------------------------------------------

  const TEXTS = {
    ENOENT: ['no such file or directory', 1300002], EACCES: ['permission denied', 1300013], EEXIST: ['file already exists', 1301005],
    ENOTEMPTY: ['directory not empty', 1300066], EISDIR: ['illegal operation on a directory', 1300021], ENOTDIR: ['not a directory', 1300020],
    EIO: ['system error', 1300005],
  }

  function attempt(verb, path, work) {
    if (typeof path !== 'string') throw new Error(`parameter error: the path should be String instead of ${path === undefined ? 'Undefined' : typeof path};`)
    try {
      return work()
    } catch (error) {
      const [text, errno] = TEXTS[error.message] || [error.message]
      throw Object.assign(new Error(`${text}, ${verb} "${path}"`), { errno })
    }
  }

  function bytesOf(data, name = 'utf8') {
    if (typeof data === 'string') return encoding(name).encode(data)
    if (data instanceof ArrayBuffer) return data
    if (ArrayBuffer.isView(data)) return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)
    throw new Error('data should be String or ArrayBuffer')
  }

  function readFile({ filePath, encoding: name, position = 0, length }) {
    const whole = attempt('open', filePath, () => native.readFile(filePath))
    const data = position === 0 && length === undefined ? whole : whole.slice(position, length === undefined ? undefined : position + length)
    return { data: name ? encoding(name).decode(data) : data }
  }

  function statOf(path) {
    const [folder, size, modified] = attempt('stat', path, () => native.statFile(path))
    return { mode: folder ? 0o40755 : 0o100644, size, lastAccessedTime: modified, lastModifiedTime: modified, isDirectory: () => folder, isFile: () => !folder }
  }

  // Each with the order of its arguments in the synchronous form, and what of the result that form answers.
  const operations = {
    access: [['path'], ({ path }) => { attempt('access', path, () => native.statFile(path)) }],
    readFile: [['filePath', 'encoding', 'position', 'length'], readFile, 'data'],
    writeFile: [['filePath', 'data', 'encoding'], (o) => { attempt('open', o.filePath, () => native.writeFile(o.filePath, bytesOf(o.data, o.encoding))) }],
    appendFile: [['filePath', 'data', 'encoding'], (o) => { attempt('open', o.filePath, () => native.appendFile(o.filePath, bytesOf(o.data, o.encoding))) }],
    unlink: [['filePath'], ({ filePath }) => { attempt('unlink', filePath, () => native.unlink(filePath)) }],
    mkdir: [['dirPath', 'recursive'], ({ dirPath, recursive }) => { attempt('mkdir', dirPath, () => native.mkdir(dirPath, !!recursive)) }],
    rmdir: [['dirPath', 'recursive'], ({ dirPath, recursive }) => { attempt('rmdir', dirPath, () => native.rmdir(dirPath, !!recursive)) }],
    readdir: [['dirPath'], ({ dirPath }) => ({ files: attempt('scandir', dirPath, () => native.readdir(dirPath)) }), 'files'],
    stat: [['path'], ({ path }) => ({ stats: statOf(path) }), 'stats'],
    rename: [['oldPath', 'newPath'], (o) => { attempt('rename', o.oldPath, () => native.rename(o.oldPath, o.newPath)) }],
    copyFile: [['srcPath', 'destPath'], (o) => { attempt('copyFile', o.srcPath, () => native.copyFile(o.srcPath, o.destPath)) }],
    getFileInfo: [['filePath'], ({ filePath }) => ({ size: statOf(filePath).size }), 'size'],
  }

  const manager = {}
  for (const [name, [args, work, answer]] of Object.entries(operations)) {
    manager[name] = asynchronous(name, work)
    manager[`${name}Sync`] = (...given) => {
      const options = Object.fromEntries(args.map((arg, i) => [arg, given[i]]))
      try {
        const result = work(options)
        return answer ? result[answer] : undefined
      } catch (error) {
        throw Object.assign(new Error(`${name}Sync:fail ${error.message}`), error.errno && { errno: error.errno })
      }
    }
  }
  wx.getFileSystemManager = () => manager
})
