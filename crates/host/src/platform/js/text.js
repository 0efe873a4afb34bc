// --polyfill text: TextEncoder and TextDecoder, UTF-8 only.
'use strict'
;(function ({ native }) {
  const bytesOf = (data) => (data === undefined ? new Uint8Array(0) : ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data))

  class TextEncoder {
    get encoding() { return 'utf-8' }
    encode(text = '') { return new Uint8Array(native.encodeUtf8(String(text).toWellFormed())) }
    encodeInto(text, target) {
      let read = 0, written = 0
      for (const c of String(text)) {
        const bytes = this.encode(c)
        if (written + bytes.length > target.length) break
        target.set(bytes, written)
        written += bytes.length
        read += c.length
      }
      return { read, written }
    }
  }

  // How many bytes at the end are the beginning of a character that is not whole yet.
  function unfinished(bytes) {
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back]
      if (byte >= 0xc2) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
      if (byte < 0x80) return 0
    }
    return 0
  }

  class TextDecoder {
    #rest = new Uint8Array(0)
    #begun = false

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(label)) throw new RangeError(`TextDecoder: ${label} is not supported, only utf-8`)
      Object.assign(this, { fatal: !!fatal, ignoreBOM: !!ignoreBOM })
    }

    get encoding() { return 'utf-8' }

    decode(data, { stream = false } = {}) {
      const more = bytesOf(data)
      const bytes = new Uint8Array(this.#rest.length + more.length)
      bytes.set(this.#rest)
      bytes.set(more, this.#rest.length)
      const end = bytes.length - (stream ? unfinished(bytes) : 0)
      this.#rest = bytes.slice(end)
      const text = native.decodeUtf8(bytes.slice(0, end).buffer, this.fatal)
      const bare = !this.#begun && !this.ignoreBOM && text.startsWith('\uFEFF') ? text.slice(1) : text
      this.#begun = stream && (this.#begun || text !== '')
      return bare
    }
  }

  Object.assign(globalThis, { TextEncoder, TextDecoder })
})
