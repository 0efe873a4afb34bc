// --polyfill text: TextEncoder and TextDecoder, UTF-8 only.
'use strict'
;(function ({ native, builtins }) {
  const { isView, regExp, string, view } = builtins
  const [Bytes, OutOfRange, text] = [Uint8Array, RangeError, String]
  const LABEL = /^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i
  const place = (data) => (view.length(data) === undefined ? builtins.dataView : view)
  const bytesOf = (data) => {
    if (data === undefined) return new Bytes(0)
    if (!isView(data)) return new Bytes(data)
    const { buffer, start, bytes } = place(data)
    return new Bytes(buffer(data), start(data), bytes(data))
  }
  const encoded = (words) => new Bytes(native.encodeUtf8(string.toWellFormed(text(words))))

  class TextEncoder {
    get encoding() { return 'utf-8' }
    encode(words = '') { return encoded(words) }
    encodeInto(words, target) {
      const all = text(words)
      const room = view.bytes(target)
      let read = 0, written = 0
      while (read < all.length) {
        const units = string.codePointAt(all, read) > 0xffff ? 2 : 1
        const bytes = encoded(string.slice(all, read, read + units))
        if (written + view.length(bytes) > room) break
        view.set(target, bytes, written)
        written += view.length(bytes)
        read += units
      }
      return { read, written }
    }
  }

  // How many bytes at the end are the beginning of a character that is not whole yet.
  function unfinished(bytes, length) {
    for (let back = 1; back <= 3 && back <= length; back++) {
      const byte = bytes[length - back]
      if (byte >= 0xc2) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
      if (byte < 0x80) return 0
    }
    return 0
  }

  function copied(bytes, start, length) {
    const copy = new Bytes(length)
    view.set(copy, new Bytes(view.buffer(bytes), start, length))
    return copy
  }

  class TextDecoder {
    #rest = new Bytes(0)
    #begun = false
    #fatal
    #ignoreBOM

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      if (!regExp.exec(LABEL, text(label))) throw new OutOfRange('TextDecoder: ' + text(label) + ' is not supported, only utf-8')
      this.#fatal = !!fatal
      this.#ignoreBOM = !!ignoreBOM
    }

    get encoding() { return 'utf-8' }
    get fatal() { return this.#fatal }
    get ignoreBOM() { return this.#ignoreBOM }

    decode(data, { stream = false } = {}) {
      const more = bytesOf(data)
      const kept = view.length(this.#rest)
      const length = kept + view.length(more)
      const bytes = new Bytes(length)
      view.set(bytes, this.#rest)
      view.set(bytes, more, kept)
      const end = length - (stream ? unfinished(bytes, length) : 0)
      this.#rest = copied(bytes, end, length - end)
      const words = native.decodeUtf8(view.buffer(copied(bytes, 0, end)), this.#fatal)
      const bare = !this.#begun && !this.#ignoreBOM && words[0] === '\uFEFF' ? string.slice(words, 1) : words
      this.#begun = stream && (this.#begun || words !== '')
      return bare
    }
  }

  globalThis.TextEncoder = TextEncoder
  globalThis.TextDecoder = TextDecoder
})
