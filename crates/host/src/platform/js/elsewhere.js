// What of `wx` is beyond the network: it shows something, answers from a file, or is not there. The names are data: official.json.
'use strict'
;(function ({ native, wx, later, run, asynchronous, builtins }, options) {
  const { create, hasOwn, parse, put, stringify } = builtins
  const { indexOf, slice, startsWith } = builtins.string
  const [Failure, text] = [Error, String]
  const official = parse(options.official)
  const fixture = parse(options.fixture)
  const noted = create(null)
  const absent = create(null)

  const short = (words) => (words.length > 200 ? slice(words, 0, 200) + '…' : words)
  const words = (value) => { try { return value === undefined ? '' : ' ' + short(text(stringify(value))) } catch { return '' } }

  // Each is told of once: a program may call it in a loop.
  function missing(name) {
    const why = 'wx.' + name + ' is not part of this host'
    if (!noted[name]) native.note('warn', why + '; --fixture FILE.json can hold an answer for it')
    noted[name] = true
    return why
  }

  function each(names, f) {
    for (let i = 0; i < names.length; i++) if (!hasOwn(wx, names[i])) f(names[i])
  }

  // A promise that nobody listens to is no reason to end: on the platform such a failure is silent.
  const silent = async (promise) => { try { await promise } catch { /* heard */ } }
  function fails(name, error) {
    const call = asynchronous(name, () => { throw error() })
    return (given) => {
      const promise = call(given)
      if (promise) silent(promise)
      return promise
    }
  }

  // ---- what only shows something ---------------------------------------------------------------------------------------

  const shows = (name, answer) => asynchronous(name, (given) => {
    native.note('info', 'wx.' + name + words(given))
    return answer ? answer(given) : {}
  })
  each(official.shown, (name) => { wx[name] = shows(name) })

  const confirmed = options.modal === 'ok'
  if (!hasOwn(fixture, 'showModal')) {
    wx.showModal = shows('showModal', ({ editable }) => ({ confirm: confirmed, cancel: !confirmed, ...(editable && confirmed && { content: '' }) }))
  }
  if (!hasOwn(fixture, 'showActionSheet')) {
    wx.showActionSheet = shows('showActionSheet', () => {
      if (!confirmed) throw new Failure('cancel')
      return { tapIndex: 0 }
    })
  }

  // ---- what a file answers ---------------------------------------------------------------------------------------------

  const isFailure = (name, answer) => answer !== null && typeof answer === 'object' && typeof answer.errMsg === 'string' && startsWith(answer.errMsg, name + ':fail')
  function answers(name, answer) {
    const result = () => parse(stringify(answer))
    if (isFailure(name, answer)) {
      const why = slice(answer.errMsg, name.length + 6)
      return fails(name, () => put(new Failure(why), 'errno', answer.errno))
    }
    for (let i = 0; i < official.values.length; i++) if (official.values[i] === name) return result
    return asynchronous(name, result)
  }
  const given = builtins.keys(fixture)
  for (let i = 0; i < given.length; i++) wx[given[i]] = answers(given[i], fixture[given[i]])

  // ---- what needs no device --------------------------------------------------------------------------------------------

  const nothing = () => {}
  const logger = () => {
    const log = (level) => (...args) => native.note('info', 'log ' + level + words(args))
    return { debug: log('debug'), info: log('info'), log: log('log'), warn: log('warn'), error: log('error'), setFilterMsg: nothing, addFilterMsg: nothing, in: nothing, tag: logger }
  }
  const plain = {
    getUpdateManager: () => ({ applyUpdate: nothing, onCheckForUpdate: (f) => { later(() => run(f, { hasUpdate: false })) }, onUpdateReady: nothing, onUpdateFailed: nothing }),
    getLogManager: logger,
    getRealtimeLogManager: logger,
    getMenuButtonBoundingClientRect: () => ({ width: 87, height: 32, top: 24, right: 368, bottom: 56, left: 281 }),
    getExtConfigSync: () => ({}),
    getExtConfig: asynchronous('getExtConfig', () => ({ extConfig: {} })),
    getApiCategory: () => 'default',
  }
  each(builtins.keys(plain), (name) => { wx[name] = plain[name] })

  // ---- what is not there -----------------------------------------------------------------------------------------------

  const lacks = (name, f) => {
    absent[name] = true
    wx[name] = f
  }
  each(official.calls, (name) => lacks(name, fails(name, () => new Failure(missing(name)))))
  each(official.listeners, (name) => lacks(name, () => { missing(name) }))
  each(official.values, (name) => lacks(name, () => { throw new Failure(missing(name)) }))

  const { canIUse } = wx
  wx.canIUse = (schema) => {
    if (typeof schema !== 'string') return false
    const dot = indexOf(schema, '.')
    return !absent[dot < 0 ? schema : slice(schema, 0, dot)] && canIUse(schema)
  }
})
