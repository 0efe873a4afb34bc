// wx.setStorage and its kin: JSON texts by key, kept by the host. Keys cross as JSON texts too, so that any string is one.
'use strict'
;(function ({ native, wx, asynchronous, builtins }) {
  const { add, ceil, parse, stringify } = builtins
  const Failure = Error

  const keyOf = (key) => {
    if (typeof key !== 'string') throw new Failure('parameter error: parameter.key should be String instead of ' + (key === undefined ? 'Undefined' : typeof key) + ';')
    return stringify(key)
  }

  // Kept as text, so that what the program does to the object later is not seen.
  function set(key, data) {
    const name = keyOf(key)
    const text = stringify(data === undefined ? null : data)
    native.storageSet(name, text === undefined ? 'null' : text)
  }

  function get(key) {
    const text = native.storageGet(keyOf(key))
    if (text === undefined) throw new Failure('data not found')
    return parse(text)
  }

  function getOrEmpty(key) {
    const text = native.storageGet(keyOf(key))
    return text === undefined ? '' : parse(text)
  }

  const remove = (key) => native.storageRemove(keyOf(key))
  const clear = () => native.storageClear()

  // Sizes in kilobytes.
  function info() {
    const told = native.storageInfo()
    const names = told[0]
    const keys = []
    for (let i = 0; i < names.length; i++) add(keys, parse(names[i]))
    return { keys, currentSize: ceil(told[1] / 1024), limitSize: told[2] / 1024 }
  }

  wx.setStorageSync = set
  wx.getStorageSync = getOrEmpty
  wx.removeStorageSync = remove
  wx.clearStorageSync = clear
  wx.getStorageInfoSync = info
  wx.setStorage = asynchronous('setStorage', ({ key, data }) => set(key, data))
  wx.getStorage = asynchronous('getStorage', ({ key }) => ({ data: get(key) }))
  wx.removeStorage = asynchronous('removeStorage', ({ key }) => remove(key))
  wx.clearStorage = asynchronous('clearStorage', clear)
  wx.getStorageInfo = asynchronous('getStorageInfo', info)
})
