// Pages without a screen, and the functions that go from page to page. Nothing is drawn. Answers what globals.js calls. A page's file runs when
// it is opened first.
// `components` is what components.js answers; undefined in a project without pages, where nothing is ever opened.
'use strict'
;(function ({ native, wx, run, later, asynchronous, builtins }, options, components) {
  const { add, apply, create, listOf, parse, put, string } = builtins
  const { endsWith, indexOf, slice, startsWith } = string
  const { call, folderOf, take } = components || {}
  const [Failure, text] = [Error, String]
  const declared = parse(options.pages)
  const tabs = parse(options.tabs)
  const MOST = 10 // pages that are open at once, as on the platform

  if (!components) {
    globalThis.Page = globalThis.Component = () => {}
    globalThis.Behavior = (given) => given
  }

  const includes = (list, item) => {
    for (let i = 0; i < list.length; i++) if (list[i] === item) return true
    return false
  }

  // ---- opening and closing ---------------------------------------------------------------------------------------------

  let stack = []
  const top = () => stack[stack.length - 1]
  const without = (count) => listOf(stack.length > count ? stack.length - count : 0, (i) => stack[i])

  let told = false
  function open(path, query, opener) {
    if (!told) native.note('warn', 'pages run without a screen: ' + path + ' is opened, and nothing is drawn')
    told = true
    const view = components.page(path, query)
    view.page.getOpenerEventChannel = () => opener || channel()
    stack = listOf(stack.length + 1, (i) => (i < stack.length ? stack[i] : view))
    components.created(view)
    components.attached(view)
    call(view.page, 'onLoad', [query])
    shown(view)
    components.ready(view)
    call(view.page, 'onReady')
  }

  // Components hear of it before the page's own method.
  function shown(view) {
    if (!view) return
    components.shown(view)
    call(view.page, 'onShow')
  }
  function hidden(view) {
    if (!view) return
    components.hidden(view)
    call(view.page, 'onHide')
  }

  function close(count) {
    for (let i = 0; i < count && stack.length; i++) {
      const view = top()
      stack = without(1)
      call(view.page, 'onUnload')
      components.detached(view)
    }
  }

  globalThis.getCurrentPages = () => listOf(stack.length, (i) => stack[i].page)

  // ---- from page to page -----------------------------------------------------------------------------------------------

  function channel() {
    const listeners = create(null)
    const of = (event) => listeners[event] || (listeners[event] = [])
    const listen = (event, f, once) => { if (typeof f === 'function') add(of(event), { f, once }) }
    const rest = (list, keeps) => { const kept = []; for (let i = 0; i < list.length; i++) if (keeps(list[i])) add(kept, list[i]); return kept }
    return {
      on: (event, f) => listen(event, f, false),
      once: (event, f) => listen(event, f, true),
      off: (event, f) => { listeners[event] = f === undefined ? [] : rest(of(event), (it) => it.f !== f) },
      emit: (event, ...args) => {
        const list = of(event)
        listeners[event] = rest(list, (it) => !it.once)
        for (let i = 0; i < list.length; i++) run(() => apply(list[i].f, undefined, args))
      },
    }
  }

  function queryOf(words) {
    const query = {}
    for (let from = 0; from < words.length;) {
      const and = indexOf(words, '&', from)
      const pair = slice(words, from, and < 0 ? words.length : and)
      const equals = indexOf(pair, '=')
      if (pair) put(query, equals < 0 ? pair : slice(pair, 0, equals), equals < 0 ? '' : slice(pair, equals + 1))
      from = and < 0 ? words.length : and + 1
    }
    return query
  }

  // A page and its query, from a URL as the platform takes it: from the root, or from the page that is open.
  function target(url) {
    const words = text(url)
    const mark = indexOf(words, '?')
    const path = mark < 0 ? words : slice(words, 0, mark)
    const whole = native.joined(startsWith(path, '/') ? '' : top() ? folderOf(top().path) : '', path)
    const known = endsWith(whole, '.html') ? slice(whole, 0, -5) : whole
    if (!includes(declared, known)) throw new Failure('page "' + known + '" is not found')
    return { path: known, query: queryOf(mark < 0 ? '' : slice(words, mark + 1)) }
  }

  function url(given) {
    if (typeof given.url !== 'string') throw new Failure('parameter error: parameter.url should be String instead of ' + (given.url === undefined ? 'Undefined' : typeof given.url) + ';')
    return target(given.url)
  }

  const noTab = (name, path) => { if (includes(tabs, path)) throw new Failure('can not ' + name + ' a tabbar page') }

  wx.navigateTo = asynchronous('navigateTo', (given) => {
    const { path, query } = url(given)
    noTab('navigateTo', path)
    if (stack.length >= MOST) throw new Failure('webview count limit exceed')
    const eventChannel = channel()
    take(given.events, (name, f) => eventChannel.on(name, f))
    later(() => {
      hidden(top())
      open(path, query, eventChannel)
    })
    return { eventChannel }
  })

  wx.redirectTo = asynchronous('redirectTo', (given) => {
    const { path, query } = url(given)
    noTab('redirectTo', path)
    later(() => {
      close(1)
      open(path, query)
    })
    return {}
  })

  wx.reLaunch = asynchronous('reLaunch', (given) => {
    const { path, query } = url(given)
    later(() => {
      close(stack.length)
      open(path, query)
    })
    return {}
  })

  // The pages of tabs stay: what is open above them goes.
  const kept = create(null)
  wx.switchTab = asynchronous('switchTab', (given) => {
    const { path } = url(given)
    if (!includes(tabs, path)) throw new Failure('can not switch to no-tabBar page')
    later(() => {
      if (top() && top().path === path) return
      if (stack.length && includes(tabs, stack[0].path)) kept[stack[0].path] = stack[0]
      close(stack.length - 1)
      if (top() && !includes(tabs, top().path)) close(1)
      else hidden(top())
      stack = []
      if (!kept[path]) return open(path, {})
      stack = [kept[path]]
      return shown(kept[path])
    })
    return {}
  })

  wx.navigateBack = asynchronous('navigateBack', ({ delta }) => {
    const back = typeof delta === 'number' && delta > 0 ? delta : 1
    if (stack.length < 2) throw new Failure('cannot navigate back at first page.')
    later(() => {
      close(back < stack.length ? back : stack.length - 1)
      shown(top())
    })
    return {}
  })

  return {
    first: (path, query) => open(path, queryOf(query)),
    queryOf,
    shown: () => shown(top()),
    hidden: () => hidden(top()),
  }
})
