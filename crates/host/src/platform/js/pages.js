// Pages without a screen: Page, Component and Behavior as far as their code runs, and the functions that go from page to page. Nothing is
// drawn. Answers what globals.js calls. A page's file runs when it is opened first.
'use strict'
;(function ({ native, wx, run, later, asynchronous, builtins }, options, load) {
  const { add, apply, create, hasOwn, isArray, keys, listOf, parse, put, string, stringify } = builtins
  const { endsWith, indexOf, lastIndexOf, slice, startsWith } = string
  const [Failure, text, PlainObject] = [Error, String, Object]
  const declared = parse(options.pages)
  const tabs = parse(options.tabs)
  const MOST = 10 // pages that are open at once, as on the platform
  const CHILDREN = 100 // components of one page

  const includes = (list, item) => {
    for (let i = 0; i < list.length; i++) if (list[i] === item) return true
    return false
  }
  const short = (words) => (words.length > 200 ? slice(words, 0, 200) + '…' : words)
  const isPlain = (value) => value !== null && typeof value === 'object' && (isArray(value) || includes([PlainObject.prototype, null], builtins.getPrototypeOf(value)))

  // Data is the page's own: what it was defined with is never changed.
  function copied(value, depth = 0) {
    if (!isPlain(value) || depth > 50) return value
    if (isArray(value)) return listOf(value.length, (i) => copied(value[i], depth + 1))
    const all = {}
    const names = keys(value)
    for (let i = 0; i < names.length; i++) put(all, names[i], copied(value[names[i]], depth + 1))
    return all
  }

  // ---- definitions -----------------------------------------------------------------------------------------------------
  // `Page` and `Component` are called while a file runs: what they were given is that file's.

  let defining
  const define = (kind) => (given) => { if (defining) defining.definition = { kind, given: given || {} } }
  globalThis.Page = define('page')
  globalThis.Component = define('component')
  globalThis.Behavior = (given) => given

  const definitions = create(null)
  function definitionOf(path) {
    if (definitions[path]) return definitions[path]
    const outer = defining
    defining = { definition: undefined }
    try {
      const file = native.codeOf(path)
      if (file) load(file)
      else native.note('warn', path + ' has no code: there is no ' + path + '.js and no ' + path + '.ts')
      definitions[path] = defining.definition || { kind: 'page', given: {} }
    } finally {
      defining = outer
    }
    return definitions[path]
  }

  const LIFETIMES = ['created', 'attached', 'ready', 'detached']
  const DEFAULTS = [[String, ''], [Number, 0], [Boolean, false], [Array, undefined], [Object, null]]
  function initial(property) {
    if (property !== null && typeof property === 'object' && property.value !== undefined) return copied(property.value)
    const type = property !== null && typeof property === 'object' ? property.type : property
    if (type === DEFAULTS[3][0]) return []
    for (let i = 0; i < DEFAULTS.length; i++) if (DEFAULTS[i][0] === type) return DEFAULTS[i][1]
    return null
  }

  const isObject = (value) => value !== null && typeof value === 'object'

  // What a definition and its behaviours are together: behaviours first, so that the definition's own win.
  function gathered(kind, given, into, depth) {
    const behaviors = isArray(given.behaviors) ? given.behaviors : []
    for (let i = 0; i < behaviors.length && depth < 20; i++) if (isObject(behaviors[i])) gathered('component', behaviors[i], into, depth + 1)
    take(given.data, (name, value) => put(into.data, name, copied(value)))
    take(given.properties, (name, value) => { put(into.properties, name, value); put(into.data, name, initial(value)) })
    take(given.observers, (name, value) => { add(into.observers, { name, value }) })
    if (kind === 'page') take(given, (name, value) => { if (name !== 'data' && name !== 'behaviors') put(into.methods, name, typeof value === 'function' ? value : copied(value)) })
    take(given.methods, (name, value) => put(into.methods, name, value))
    const lifetimes = isObject(given.lifetimes) ? given.lifetimes : {}
    for (let i = 0; i < LIFETIMES.length; i++) {
      const f = lifetimes[LIFETIMES[i]] || (kind === 'component' ? given[LIFETIMES[i]] : undefined)
      if (typeof f === 'function') add(into.lifetimes[LIFETIMES[i]], f)
    }
    take(given.pageLifetimes, (name, value) => { if (includes(['show', 'hide'], name)) add(into[name], value) })
    return into
  }

  function take(object, f) {
    if (!isObject(object)) return
    const names = keys(object)
    for (let i = 0; i < names.length; i++) f(names[i], object[names[i]])
  }

  const parts = () => ({ data: {}, properties: {}, observers: [], methods: {}, lifetimes: { created: [], attached: [], ready: [], detached: [] }, show: [], hide: [] })

  // ---- one page or component -------------------------------------------------------------------------------------------

  const inside = (page, f, args) => run(() => apply(f, page, args))
  const call = (page, name, args = []) => { if (typeof page[name] === 'function') inside(page, page[name], args) }
  const all = (page, list) => { for (let i = 0; i < list.length; i++) if (typeof list[i] === 'function') inside(page, list[i], []) }

  // `a.b[0].c` as names and numbers.
  function pathOf(key) {
    const found = []
    let name = ''
    const end = () => {
      if (name) add(found, name)
      name = ''
    }
    for (let i = 0; i < key.length; i++) {
      if (key[i] === '.') end()
      else if (key[i] === '[') {
        end()
        const close = indexOf(key, ']', i)
        const number = slice(key, i + 1, close < 0 ? key.length : close)
        add(found, +number)
        i = close < 0 ? key.length : close
      } else name += key[i]
    }
    end()
    return found
  }

  function write(data, key, value) {
    const path = pathOf(key)
    let at = data
    for (let i = 0; i < path.length - 1; i++) {
      const next = hasOwn(at, path[i]) ? at[path[i]] : undefined
      if (!isObject(next)) put(at, path[i], typeof path[i + 1] === 'number' ? [] : {})
      at = at[path[i]]
    }
    if (path.length) put(at, path[path.length - 1], value)
    return path[0]
  }

  function readAt(data, key) {
    const path = pathOf(key)
    let at = data
    for (let i = 0; i < path.length; i++) at = isObject(at) ? at[path[i]] : undefined
    return at
  }

  function trimmed(words) {
    let from = 0
    let to = words.length
    while (from < to && words[from] === ' ') from++
    while (to > from && words[to - 1] === ' ') to--
    return slice(words, from, to)
  }

  function fields(names) {
    const found = []
    for (let from = 0; from <= names.length;) {
      const comma = indexOf(names, ',', from)
      add(found, trimmed(slice(names, from, comma < 0 ? names.length : comma)))
      from = comma < 0 ? names.length + 1 : comma + 1
    }
    return found
  }

  function observe(page, { observers }, changed) {
    for (let i = 0; i < observers.length; i++) {
      const watched = fields(observers[i].name)
      let met = false
      for (let j = 0; j < watched.length; j++) if (watched[j] === '**' || includes(changed, pathOf(watched[j])[0])) met = true
      if (met) inside(page, observers[i].value, listOf(watched.length, (j) => (watched[j] === '**' ? page.data : readAt(page.data, watched[j]))))
    }
  }

  function made(path, { kind, given }, query) {
    const made = gathered(kind, given, parts(), 0)
    const page = {}
    take(made.methods, (name, value) => put(page, name, value))
    page.data = made.data
    if (kind === 'component') page.properties = page.data
    page.route = page.is = path
    page.options = query
    put(page, '__wxWebviewId__', ++lastId)
    page.setData = (changes, done) => {
      const names = isObject(changes) ? keys(changes) : []
      native.note('debug', 'setData ' + path + ' ' + short(text(attempt(() => stringify(changes)))))
      const changed = listOf(names.length, (i) => write(page.data, names[i], copied(changes[names[i]])))
      observe(page, made, changed)
      if (typeof done === 'function') later(() => run(() => apply(done, page, [])))
    }
    page.getOpenerEventChannel = () => channel()
    page.selectComponent = () => null
    page.selectAllComponents = () => []
    page.triggerEvent = () => {}
    page.getPageId = () => 'pageId:' + page.__wxWebviewId__
    return { page, made, path, children: [] }
  }

  let lastId = 0
  const attempt = (f) => { try { return f() } catch { return undefined } }

  // The components that a page's wxml names, one of each: which of them a screen would really show is decided there.
  function childrenOf(view, path, depth) {
    const json = native.readBeside(path, '.json')
    const wxml = native.readBeside(path, '.wxml')
    const using = (json && attempt(() => parse(json).usingComponents)) || {}
    take(using, (tag, where) => {
      if (depth > 5 || view.children.length >= CHILDREN || typeof where !== 'string' || !wxml || indexOf(wxml, '<' + tag) < 0) return
      const child = native.componentAt(folderOf(path), where)
      if (!child) return
      const one = made(child, definitionOf(child), {})
      add(view.children, one)
      all(one.page, one.made.lifetimes.created)
      all(one.page, one.made.lifetimes.attached)
      childrenOf(view, child, depth + 1)
    })
  }

  const folderOf = (path) => '/' + slice(path, 0, lastIndexOf(path, '/') < 0 ? 0 : lastIndexOf(path, '/'))

  // ---- opening and closing ---------------------------------------------------------------------------------------------

  let stack = []
  const top = () => stack[stack.length - 1]
  const without = (count) => listOf(stack.length > count ? stack.length - count : 0, (i) => stack[i])

  let told = false
  function open(path, query, opener) {
    if (!told) native.note('warn', 'pages run without a screen: ' + path + ' is opened, and nothing is drawn')
    told = true
    const view = made(path, definitionOf(path), query)
    if (opener) view.page.getOpenerEventChannel = () => opener
    stack = listOf(stack.length + 1, (i) => (i < stack.length ? stack[i] : view))
    take(query, (name, value) => { if (hasOwn(view.made.properties, name)) put(view.page.data, name, value) })
    all(view.page, view.made.lifetimes.created)
    all(view.page, view.made.lifetimes.attached)
    childrenOf(view, path, 0)
    call(view.page, 'onLoad', [query])
    shown(view)
    for (let i = 0; i < view.children.length; i++) all(view.children[i].page, view.children[i].made.lifetimes.ready)
    all(view.page, view.made.lifetimes.ready)
    call(view.page, 'onReady')
  }

  function moved(view, method, list) {
    if (!view) return
    call(view.page, method)
    all(view.page, view.made[list])
    for (let i = 0; i < view.children.length; i++) all(view.children[i].page, view.children[i].made[list])
  }
  const shown = (view) => moved(view, 'onShow', 'show')
  const hidden = (view) => moved(view, 'onHide', 'hide')

  function close(count) {
    for (let i = 0; i < count && stack.length; i++) {
      const view = top()
      stack = without(1)
      call(view.page, 'onUnload')
      for (let j = 0; j < view.children.length; j++) all(view.children[j].page, view.children[j].made.lifetimes.detached)
      all(view.page, view.made.lifetimes.detached)
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
