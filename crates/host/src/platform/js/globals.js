// App, Page and getApp; `host`; and the names that browser bundles read bare. Answers what platform/mod.rs calls.
'use strict'
;(function ({ native, wx, run, later, builtins }, options) {
  const { add } = builtins
  const { toWellFormed } = builtins.string
  const [text, toNumber] = [String, Number]
  const absent = ['window', 'self', 'document', 'navigator', 'location', 'localStorage', 'XMLHttpRequest', 'WebSocket', 'fetch']
  for (const name of absent) globalThis[name] = undefined
  globalThis.global = globalThis

  // ---- the app and its pages -------------------------------------------------------------------------------------------

  let app
  const entry = () => ({ path: 'pages/index/index', query: {}, scene: 1001, referrerInfo: {} })
  globalThis.App = (given) => { app = given || {} }
  globalThis.getApp = () => app
  globalThis.Page = () => {}
  globalThis.Component = () => {}
  globalThis.Behavior = (behaviour) => behaviour
  globalThis.getCurrentPages = () => []
  wx.getLaunchOptionsSync = entry
  wx.getEnterOptionsSync = entry
  wx.nextTick = (f) => { later(f) }

  // Errors in onLaunch and onShow are the program's own: it does not start.
  function launched() {
    if (!app) return
    if (app.onLaunch) app.onLaunch(entry())
    if (app.onShow) app.onShow(entry())
  }

  // ---- background and foreground ---------------------------------------------------------------------------------------

  const listeners = { Show: [], Hide: [] }
  // A list that somebody walks is never changed: it is replaced.
  const including = (list, f) => builtins.listOf(list.length + 1, (i) => (i < list.length ? list[i] : f))
  const except = (list, f) => {
    const rest = []
    for (let i = 0; i < list.length; i++) if (list[i] !== f) add(rest, list[i])
    return rest
  }
  for (const kind of ['Show', 'Hide']) {
    wx[`onApp${kind}`] = (f) => { if (typeof f === 'function') listeners[kind] = including(listeners[kind], f) }
    wx[`offApp${kind}`] = (f) => { listeners[kind] = f === undefined ? [] : except(listeners[kind], f) }
  }

  // After the return: the network has moved by then.
  function moved(kind, news) {
    later(() => {
      if (app && app['on' + kind]) run((n) => app['on' + kind](n), news)
      const all = listeners[kind]
      for (let i = 0; i < all.length; i++) run(all[i], news)
    })
  }

  // ---- host ------------------------------------------------------------------------------------------------------------

  let listener
  globalThis.host = {
    args: options.args,
    print: (line) => native.printLine(toWellFormed(text(line))),
    now: () => native.now(),
    env: (name) => native.environment(text(name)),
    readTextFile: (path) => native.readTextFile(text(path)),
    writeTextFile: (path, words) => native.writeTextFile(text(path), toWellFormed(text(words))),
    enterBackground: ({ pinned = false } = {}) => { native.enterBackground(!!pinned); moved('Hide', {}) },
    enterForeground: () => { native.enterForeground(); moved('Show', entry()) },
    setNetwork: ({ networkType, signalStrength, weakNet } = {}) => {
      const maybe = (value) => (value === null ? undefined : value)
      native.setNetwork(text(networkType), maybe(signalStrength), maybe(weakNet))
    },
    // Not to be caught: the engine is told to stop, and stops while this waits.
    exit: (code = 0) => {
      native.exit(toNumber(code))
      for (;;);
    },
    onLine: (f) => {
      listener = typeof f === 'function' ? f : undefined
      native.listen(listener !== undefined)
    },
  }

  return { launched, line: (words) => { if (listener) listener(words) } }
})
