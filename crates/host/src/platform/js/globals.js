// App, Page and getApp; `host`; and the names that browser bundles read bare. Answers what platform/mod.rs calls.
'use strict'
;(function ({ native, wx, run, later }, options) {
  const absent = ['window', 'self', 'document', 'navigator', 'location', 'localStorage', 'XMLHttpRequest', 'WebSocket', 'fetch']
  for (const name of absent) globalThis[name] = undefined
  globalThis.global = globalThis

  // ---- the app and its pages -------------------------------------------------------------------------------------------

  let app
  const pages = {}
  const entry = () => ({ path: 'pages/index/index', query: {}, scene: 1001, referrerInfo: {} })
  globalThis.App = (given) => { app = given || {} }
  globalThis.getApp = () => app
  globalThis.Page = (page) => { pages[Object.keys(pages).length] = page }
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
  for (const kind of ['Show', 'Hide']) {
    wx[`onApp${kind}`] = (f) => { if (typeof f === 'function') listeners[kind].push(f) }
    wx[`offApp${kind}`] = (f) => { listeners[kind] = f === undefined ? [] : listeners[kind].filter((g) => g !== f) }
  }

  // After the return: the network has moved by then.
  function moved(kind, news) {
    later(() => {
      if (app && app[`on${kind}`]) run((n) => app[`on${kind}`](n), news)
      for (const f of [...listeners[kind]]) run(f, news)
    })
  }

  // ---- host ------------------------------------------------------------------------------------------------------------

  let line
  globalThis.host = {
    args: options.args,
    print: (text) => native.printLine(String(text).toWellFormed()),
    now: () => native.now(),
    env: (name) => native.environment(String(name)),
    readTextFile: (path) => native.readTextFile(String(path)),
    writeTextFile: (path, text) => native.writeTextFile(String(path), String(text).toWellFormed()),
    enterBackground: ({ pinned = false } = {}) => { native.enterBackground(!!pinned); moved('Hide', {}) },
    enterForeground: () => { native.enterForeground(); moved('Show', entry()) },
    // Not to be caught: the engine is told to stop, and stops while this waits.
    exit: (code = 0) => { native.exit(Number(code)); for (;;); },
    onLine: (f) => { line = typeof f === 'function' ? f : undefined; native.listen(line !== undefined) },
  }

  return { launched, line: (text) => { if (line) line(text) } }
})
