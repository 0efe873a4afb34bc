// Components without a screen: what Page, Component and Behavior define, and one instance of each component that a page's or component's json
// names. Nothing is drawn: of a wxml file the first tag of each component counts, for its id, class, properties and who hears its events.
// Answers what pages.js opens and closes.
'use strict'
;(function ({ native, run, later, builtins }, load) {
  const { add, apply, create, hasOwn, isArray, keys, listOf, now, parse, put, string, stringify } = builtins
  const { charCodeAt, endsWith, indexOf, lastIndexOf, slice, startsWith } = string
  const [text, number, PlainObject] = [String, Number, Object]
  const MOST = 100 // components of one page

  const includes = (list, item) => {
    for (let i = 0; i < list.length; i++) if (list[i] === item) return true
    return false
  }
  const isObject = (value) => value !== null && typeof value === 'object'
  const attempt = (f) => { try { return f() } catch { return undefined } }
  const short = (words) => (words.length > 200 ? slice(words, 0, 200) + '…' : words)
  const isPlain = (value) => isObject(value) && (isArray(value) || includes([PlainObject.prototype, null], builtins.getPrototypeOf(value)))

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
    if (typeof given.export === 'function' && includes(behaviors, 'wx://component-export')) into.answer = given.export
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

  function write(data, path, value) {
    let at = data
    for (let i = 0; i < path.length - 1; i++) {
      const next = hasOwn(at, path[i]) ? at[path[i]] : undefined
      if (!isObject(next)) put(at, path[i], typeof path[i + 1] === 'number' ? [] : {})
      at = at[path[i]]
    }
    if (path.length) put(at, path[path.length - 1], value)
  }

  function readAt(data, path) {
    let at = data
    for (let i = 0; i < path.length; i++) at = isObject(at) ? at[path[i]] : undefined
    return at
  }

  function trimmed(words) {
    let from = 0
    let to = words.length
    while (from < to && charCodeAt(words, from) <= 32) from++
    while (to > from && charCodeAt(words, to - 1) <= 32) to--
    return slice(words, from, to)
  }

  function split(words, between) {
    const found = []
    for (let from = 0; from <= words.length;) {
      const at = indexOf(words, between, from)
      add(found, trimmed(slice(words, from, at < 0 ? words.length : at)))
      from = at < 0 ? words.length + 1 : at + between.length
    }
    return found
  }

  // ---- data that changes -----------------------------------------------------------------------------------------------

  // Whether one path leads to the other or below it.
  function leadsTo(path, other) {
    if (path.length > other.length) return false
    for (let i = 0; i < path.length; i++) if (path[i] !== other[i]) return false
    return true
  }

  // One of the paths that a listener has: `a.b`, `a.**` for all below it, `**` for everything.
  function watched(words) {
    const whole = words === '**' || endsWith(words, '.**')
    return { whole, path: pathOf(whole ? slice(words, 0, words === '**' ? 0 : -3) : words) }
  }

  function met({ whole, path }, changed) {
    for (let i = 0; i < changed.length; i++) if (leadsTo(changed[i], path) || (whole && leadsTo(path, changed[i]))) return true
    return false
  }

  // Each listener is asked once for all that changed together; those of `observers` before those of properties.
  function tellListeners({ page, made }, changed, before) {
    for (let i = 0; i < made.observers.length; i++) {
      const names = split(made.observers[i].name, ',')
      const all = listOf(names.length, (j) => watched(names[j]))
      let any = false
      for (let j = 0; j < all.length; j++) if (met(all[j], changed)) any = true
      if (any) inside(page, made.observers[i].value, listOf(all.length, (j) => readAt(page.data, all[j].path)))
    }
    take(before, (name, old) => {
      const { observer } = made.properties[name]
      const f = typeof observer === 'string' ? page[observer] : observer
      if (typeof f === 'function' && old !== page.data[name]) inside(page, f, [page.data[name], old, [name]])
    })
  }

  function assign(view, changes) {
    const { page, made } = view
    const names = keys(changes)
    const before = create(null) // of the properties with a listener of their own
    const changed = listOf(names.length, (i) => {
      const path = pathOf(names[i])
      const name = path[0]
      const property = hasOwn(made.properties, name) ? made.properties[name] : undefined
      if (isObject(property) && property.observer && !hasOwn(before, name)) before[name] = path.length > 1 ? copied(page.data[name]) : page.data[name]
      write(page.data, path, copied(changes[names[i]]))
      return path
    })
    tellListeners(view, changed, before)
    for (let i = 0; i < view.children.length; i++) handDown(view.children[i], changed)
  }

  // ---- what a tag says -------------------------------------------------------------------------------------------------

  const EVENTS = ['capture-bind', 'capture-catch', 'mut-bind', 'bind', 'catch']
  const upper = (letter) => (letter >= 'a' && letter <= 'z' ? builtins.fromCharCode(charCodeAt(letter, 0) - 32) : letter)
  function camel(name) {
    let all = ''
    for (let i = 0; i < name.length; i++) all += name[i] === '-' && i + 1 < name.length ? upper(name[++i]) : name[i]
    return all
  }

  function hears(tag, name, method) {
    for (let i = 0; i < EVENTS.length; i++) {
      if (!startsWith(name, EVENTS[i]) || name.length === EVENTS[i].length) continue
      const event = slice(name, EVENTS[i].length)
      tag.handlers[event[0] === ':' ? slice(event, 1) : event] = { method: method || '', stops: endsWith(EVENTS[i], 'catch') }
      return true
    }
    return false
  }

  function tagOf(path, name) {
    const tag = { name, id: '', classes: [], dataset: {}, given: [], handlers: create(null) }
    const attributes = parse(native.tagBeside(path, name) || '[]')
    for (let i = 0; i < attributes.length; i++) {
      const key = attributes[i][0]
      const value = attributes[i][1]
      if (key === 'id') tag.id = value || ''
      else if (key === 'class') tag.classes = split(value || '', ' ')
      else if (startsWith(key, 'data-')) put(tag.dataset, camel(slice(key, 5)), value || '')
      else if (!hears(tag, key, value) && indexOf(key, ':') < 0) add(tag.given, { name: camel(key), value })
    }
    return tag
  }

  const within = (words, marks) => words.length > 1 && includes(marks, words[0]) && words[words.length - 1] === words[0] && indexOf(words, words[0], 1) === words.length - 1
  const LITERALS = { __proto__: null, true: true, false: false, null: null }

  // What stands in `{{…}}` as a constant or as a path of the owner's data; other expressions nobody computes here.
  function bound(words) {
    if (words in LITERALS) return { value: LITERALS[words] }
    if (words && number(words) === number(words)) return { value: number(words) }
    if (within(words, ["'", '"'])) return { value: slice(words, 1, -1) }
    for (let i = 0; i < words.length; i++) {
      const c = words[i]
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || includes(['_', '$', '.', '[', ']'], c))) return undefined
    }
    return words ? { path: pathOf(words) } : undefined
  }

  // A property without a value is true; one without braces is text.
  function source({ value }) {
    if (value === null) return { value: true }
    if (indexOf(value, '{{') < 0) return { value }
    const words = trimmed(value)
    return startsWith(words, '{{') && indexOf(words, '}}') === words.length - 2 ? bound(trimmed(slice(words, 2, -2))) : undefined
  }

  function typed(property, value) {
    const type = isObject(property) ? property.type : property
    if (type === DEFAULTS[0][0]) return typeof value === 'string' ? value : value === null ? '' : text(value)
    if (type === DEFAULTS[1][0]) return typeof value === 'number' ? value : number(value)
    if (type === DEFAULTS[2][0]) return !!value
    const fits = type === DEFAULTS[3][0] ? isArray(value) : type !== DEFAULTS[4][0] || typeof value === 'object'
    return fits ? value : undefined
  }

  // The properties that a component's tag gives it: all of them, or those that come of what has changed of its owner's data.
  function handDown(view, changed) {
    const { tag, made, owner } = view
    const changes = {}
    for (let i = 0; i < tag.given.length; i++) {
      const { name } = tag.given[i]
      if (!hasOwn(made.properties, name)) continue
      const from = source(tag.given[i])
      if (!from && !changed) native.note('debug', view.path + ': its property ' + name + ' is ' + short(tag.given[i].value) + ' in ' + owner.path + '.wxml, which is not computed: it has its default')
      if (!from || (changed && !(from.path && met({ whole: true, path: from.path }, changed)))) continue
      const given = from.path ? readAt(owner.page.data, from.path) : from.value
      const value = given === undefined ? undefined : typed(made.properties[name], given)
      if (value !== undefined) put(changes, name, value)
    }
    if (keys(changes).length) assign(view, changes)
  }

  // ---- events and selectors --------------------------------------------------------------------------------------------

  // A tag's own listener hears it first. With `bubbles` and `composed` it goes on to the tag of the component around it; elements between
  // them are not known.
  function trigger(view, name, detail = {}, options) {
    const { bubbles, composed } = isObject(options) ? options : {}
    const who = ({ tag }) => ({ id: tag.id, dataset: tag.dataset })
    for (let at = view; at.owner; at = at.owner) {
      const { handlers } = at.tag
      const heard = hasOwn(handlers, name) ? handlers[name] : undefined
      if (heard) {
        const f = at.owner.page[heard.method]
        if (typeof f === 'function') inside(at.owner.page, f, [{ type: name, timeStamp: now(), target: who(view), currentTarget: who(at), mark: {}, detail }])
        else native.note('warn', at.owner.path + ' has no method "' + heard.method + '", which should hear the event ' + name + ' of <' + at.tag.name + '>')
      }
      if (!bubbles || !composed || (heard && heard.stops)) return
    }
  }

  // `#id`, `.class`, and both together.
  function isSelected({ tag }, selector) {
    for (let from = 0; from < selector.length;) {
      let to = from + 1
      while (to < selector.length && selector[to] !== '.' && selector[to] !== '#') to++
      const name = slice(selector, from + 1, to)
      if (!(selector[from] === '#' ? tag.id === name : selector[from] === '.' && includes(tag.classes, name))) return false
      from = to
    }
    return selector.length > 0
  }

  // Of what leads to an element inside one wxml only its last part counts; `>>>` goes into a component.
  function selected(view, selector) {
    const found = []
    const all = split(text(selector), ',')
    for (let i = 0; i < all.length; i++) {
      let level = [view]
      const inner = split(all[i], '>>>')
      for (let j = 0; j < inner.length; j++) {
        const last = slice(inner[j], lastIndexOf(inner[j], ' ') + 1)
        const next = []
        for (let k = 0; k < level.length; k++) for (let n = 0; n < level[k].children.length; n++) if (isSelected(level[k].children[n], last)) add(next, level[k].children[n])
        level = next
      }
      for (let j = 0; j < level.length; j++) if (!includes(found, level[j])) add(found, level[j])
    }
    return found
  }

  // What a component shows of itself, by the behaviour wx://component-export.
  const shownTo = ({ page, made }) => (made.answer ? apply(made.answer, page, []) : page)

  // ---- one page or component -------------------------------------------------------------------------------------------

  let lastId = 0
  function instance(path, query, owner, tag) {
    const { kind, given } = definitionOf(path)
    const made = gathered(kind, given, parts(), 0)
    const page = {}
    const view = { page, made, path, owner, tag, children: [] }
    take(made.methods, (name, value) => put(page, name, value))
    page.data = made.data
    if (kind === 'component') page.properties = page.data
    if (tag) {
      page.id = tag.id
      page.dataset = tag.dataset
    }
    page.route = page.is = path
    page.options = query
    put(page, '__wxWebviewId__', owner ? owner.page.__wxWebviewId__ : ++lastId)
    page.setData = (changes, done) => {
      native.note('debug', 'setData ' + path + ' ' + short(text(attempt(() => stringify(changes)))))
      assign(view, isObject(changes) ? changes : {})
      if (typeof done === 'function') later(() => run(() => apply(done, page, [])))
    }
    page.selectComponent = (selector) => {
      const found = selected(view, selector)
      return found.length ? shownTo(found[0]) : null
    }
    page.selectAllComponents = (selector) => {
      const found = selected(view, selector)
      return listOf(found.length, (i) => shownTo(found[i]))
    }
    page.selectOwnerComponent = () => (owner ? shownTo(owner) : null)
    page.triggerEvent = (name, detail, options) => trigger(view, text(name), detail, options)
    page.getOpenerEventChannel = () => owner.page.getOpenerEventChannel() // of a page: pages.js
    page.getPageId = () => 'pageId:' + page.__wxWebviewId__
    return view
  }

  // ---- the components of a page ----------------------------------------------------------------------------------------

  const folderOf = (path) => '/' + slice(path, 0, lastIndexOf(path, '/') < 0 ? 0 : lastIndexOf(path, '/'))
  let ofApp
  function usingOf(path) {
    const json = native.readBeside(path, '.json')
    const using = json && attempt(() => parse(slice(json, json[0] === '\uFEFF' ? 1 : 0)).usingComponents)
    return isObject(using) ? using : {}
  }

  // Those of its own json in their order, then those of app.json that its wxml names.
  function namesOf(path) {
    const found = []
    const own = usingOf(path)
    take(own, (tag, where) => add(found, { tag, where, folder: folderOf(path) }))
    take(ofApp || (ofApp = usingOf('app')), (tag, where) => { if (!hasOwn(own, tag) && native.tagBeside(path, tag) !== undefined) add(found, { tag, where, folder: '/' }) })
    return found
  }

  // A component is created after those inside of it, as on the platform; no component is made inside of itself.
  function populate(view, around, budget) {
    const names = namesOf(view.path)
    for (let i = 0; i < names.length && budget.left > 0; i++) {
      const { tag, where, folder } = names[i]
      const path = typeof where === 'string' ? native.componentAt(folder, where) : undefined
      if (!path) native.note('warn', view.path + ': there is no component ' + text(where) + ', which it uses as <' + tag + '>')
      if (!path || includes(around, path)) continue
      budget.left--
      const one = instance(path, {}, view, tagOf(view.path, tag))
      add(view.children, one)
      populate(one, listOf(around.length + 1, (j) => (j < around.length ? around[j] : path)), budget)
      all(one.page, one.made.lifetimes.created)
      handDown(one)
    }
  }

  // ---- all of a page ---------------------------------------------------------------------------------------------------

  function outward(view, f) {
    for (let i = 0; i < view.children.length; i++) outward(view.children[i], f)
    f(view)
  }
  function inward(view, f) {
    f(view)
    for (let i = 0; i < view.children.length; i++) inward(view.children[i], f)
  }
  const lives = (name) => ({ page, made }) => all(page, made.lifetimes[name])

  return {
    call,
    folderOf,
    take,
    page: (path, query) => {
      const view = instance(path, query)
      take(query, (name, value) => { if (hasOwn(view.made.properties, name)) put(view.page.data, name, value) })
      return view
    },
    created: (view) => {
      populate(view, [view.path], { left: MOST })
      all(view.page, view.made.lifetimes.created)
    },
    attached: (view) => inward(view, lives('attached')),
    ready: (view) => outward(view, lives('ready')),
    detached: (view) => outward(view, lives('detached')),
    shown: (view) => inward(view, ({ page, made }) => all(page, made.show)),
    hidden: (view) => inward(view, ({ page, made }) => all(page, made.hide)),
  }
})
