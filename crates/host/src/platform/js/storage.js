// wx.setStorage and its kin: a store of JSON values, kept in the data folder.
'use strict'
;(function ({ native, wx, asynchronous }) {
  const { parse, stringify } = JSON
  const LIMIT = 10 * 1024 // kilobytes, as the platform says
  const store = new Map(Object.entries(parse(native.loadStorage() || '{}')))
  const save = () => native.saveStorage(stringify(Object.fromEntries(store)))

  const keyOf = (key) => {
    if (typeof key !== 'string') throw new Error(`parameter error: parameter.key should be String instead of ${key === undefined ? 'Undefined' : typeof key};`)
    return key
  }

  // Kept as text, so that what the program does to the object later is not seen.
  function set(key, data) {
    const text = stringify(data === undefined ? null : data)
    store.set(keyOf(key), text === undefined ? 'null' : text)
    save()
  }

  function get(key) {
    if (!store.has(keyOf(key))) throw new Error('data not found')
    return parse(store.get(key))
  }

  function remove(key) {
    store.delete(keyOf(key))
    save()
  }

  function clear() {
    store.clear()
    save()
  }

  function info() {
    let size = 0
    for (const [key, text] of store) size += key.length + text.length
    return { keys: [...store.keys()], currentSize: Math.ceil(size / 1024), limitSize: LIMIT }
  }

  wx.setStorageSync = set
  wx.getStorageSync = (key) => (store.has(keyOf(key)) ? get(key) : '')
  wx.removeStorageSync = remove
  wx.clearStorageSync = clear
  wx.getStorageInfoSync = info
  wx.setStorage = asynchronous('setStorage', ({ key, data }) => set(key, data))
  wx.getStorage = asynchronous('getStorage', ({ key }) => ({ data: get(key) }))
  wx.removeStorage = asynchronous('removeStorage', ({ key }) => remove(key))
  wx.clearStorage = asynchronous('clearStorage', clear)
  wx.getStorageInfo = asynchronous('getStorageInfo', info)
})
