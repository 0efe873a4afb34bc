// App and getApp, what is told of errors and of coming and going; `host`; and the names that browser bundles read bare. Answers what
// platform.rs calls.
'use strict'
;(function ({ native, wx, run, later, setHandler, builtins }, options, pages) {
  const { add, apply, create, hasOwn, keys, put } = builtins
  const { toWellFormed } = builtins.string
  const [text, toNumber] = [String, Number]
  const absent = ['window', 'self', 'document', 'navigator', 'location', 'localStorage', 'XMLHttpRequest', 'WebSocket', 'fetch']
  for (const name of absent) globalThis[name] = undefined
  globalThis.global = globalThis
  if (options.game) globalThis.GameGlobal = globalThis

  // ---- listeners -------------------------------------------------------------------------------------------------------

  const listeners = create(null)
  // A list that somebody walks is never changed: it is replaced.
  const including = (list, f) => builtins.listOf(list.length + 1, (i) => (i < list.length ? list[i] : f))
  const except = (list, f) => {
    const rest = []
    for (let i = 0; i < list.length; i++) if (list[i] !== f) add(rest, list[i])
    return rest
  }
  function listening(kind, names) {
    listeners[kind] = []
    for (const name of names) {
      wx['on' + name] = (f) => { if (typeof f === 'function') listeners[kind] = including(listeners[kind], f) }
      wx['off' + name] = (f) => { listeners[kind] = f === undefined ? [] : except(listeners[kind], f) }
    }
  }
  listening('Show', options.game ? ['AppShow', 'Show'] : ['AppShow'])
  listening('Hide', options.game ? ['AppHide', 'Hide'] : ['AppHide'])
  listening('Error', ['Error'])
  listening('UnhandledRejection', ['UnhandledRejection'])

  function tell(kind, news) {
    if (app && typeof app['on' + kind] === 'function') run((n) => apply(app['on' + kind], app, [n]), news)
    const all = listeners[kind]
    for (let i = 0; i < all.length; i++) run(all[i], news)
  }

  // ---- the app ---------------------------------------------------------------------------------------------------------

  let app, early
  const entry = () => (options.game
    ? { scene: 1001, query: {}, referrerInfo: {}, chatType: 0 }
    : { path: options.path, query: pages.queryOf(options.query), scene: 1001, referrerInfo: {}, apiCategory: 'default', mode: 'default' })
  // What was put into the app before there was one stays, unless the app has it itself.
  globalThis.App = (given) => {
    app = given || {}
    const names = early ? keys(early) : []
    for (let i = 0; i < names.length; i++) if (!hasOwn(app, names[i])) put(app, names[i], early[names[i]])
  }
  globalThis.getApp = (asked) => app || (asked && asked.allowDefault ? early || (early = {}) : undefined)
  wx.getLaunchOptionsSync = entry
  wx.getEnterOptionsSync = entry
  wx.nextTick = (f) => { later(f) }

  // ---- errors that nobody caught ---------------------------------------------------------------------------------------

  const hears = (kind) => listeners[kind].length > 0 || (app !== undefined && typeof app['on' + kind] === 'function')
  const handled = setHandler((kind, value, promise, describe) => {
    const event = kind === 'error' ? 'Error' : 'UnhandledRejection'
    if (!hears(event)) return false
    if (event === 'Error') tell('Error', options.game ? { message: describe(value), stack: '' } : describe(value))
    else tell(event, { reason: value, promise })
    return true
  })

  // Errors in onLaunch and onShow are the program's own: it does not start unless it hears of them.
  function launch(name) {
    if (!app || typeof app[name] !== 'function') return
    try { app[name](entry()) } catch (error) { if (!handled('error', error)) throw error }
  }
  function launched() {
    launch('onLaunch')
    launch('onShow')
    if (options.path) pages.first(options.path, options.query)
  }

  // ---- background and foreground ---------------------------------------------------------------------------------------

  // After the return: the network has moved by then.
  function moved(kind, news) {
    later(() => {
      if (kind === 'Hide') pages.hidden()
      tell(kind, news)
      if (kind === 'Show') pages.shown()
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
