// Compares the platform's official typings, wx.d.ts and what a program really finds. Usage: node run.mjs APPNET
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { read } from './declared.mjs'

const [appnet] = process.argv.slice(2)
const here = dirname(fileURLToPath(import.meta.url))

// Declared, and not to be seen in a run, with the reason. Whoever builds one takes it out of here.
const UNSEEN = new Map([
  ['useHttpDNS', 'only of a call that HttpDNS has served'],
  ['profile.httpDNSDomainLookUpStart', 'only of a call that HttpDNS has served'],
  ['profile.httpDNSDomainLookUpEnd', 'only of a call that HttpDNS has served'],
])
// The official typings have them where the platform has none, or under another name.
const NOT_GIVEN = new Map([
  ['getNetworkType.fail.errMsg', 'it does not fail while the app runs'],
  ['offNetworkStatusChange.listener.errMsg', 'the listener is the one of onNetworkStatusChange'],
])
// What a machine may not know.
const HOST_MAY_NOT_KNOW = new Set(['getLocalIPAddress.success.localip', 'getLocalIPAddress.success.netmask', 'getLocalIPAddress.success.errMsg', 'getLocalIPAddress.fail.errMsg'])
if (process.platform !== 'linux') for (const api of ['request', 'uploadFile', 'downloadFile']) for (const name of ['rtt', 'transportRttEstimate']) HOST_MAY_NOT_KNOW.add(`${api}.success.profile.${name}`)

// ---- an origin -------------------------------------------------------------------------------------------------------------

const served = new WeakMap()
function serve(request, response) {
  const socket = request.socket
  const count = (served.get(socket) ?? 0) + 1
  served.set(socket, count)
  request.resume()
  if (request.url === '/redirect') return response.writeHead(302, { location: '/' }).end()
  // The first connection ends without a word when it is used again (H4).
  if (request.url === '/again' && count > 1) return socket.destroy()
  request.on('end', () => { response.setHeader('set-cookie', 'a=1'); response.end(request.url === '/large' ? 'x'.repeat(4 << 20) : 'ok') })
}

function upgrade(request, socket) {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  socket.write(Buffer.from([0x81, 2, 0x68, 0x69]))
  socket.on('data', (bytes) => { if ((bytes[0] & 15) === 8) socket.end(Buffer.from([0x88, 2, 3, 232])) }).on('error', () => {})
}

const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))

// ---- a program -------------------------------------------------------------------------------------------------------------

async function run(questions) {
  const server = createServer(serve).on('upgrade', upgrade)
  const port = await listen(server)
  const closed = createServer()
  const dead = await listen(closed)
  closed.close()
  const args = ['run', join(here, 'program.js'), '--env', 'devtools', '--no-url-check', '--log', 'off', '--max-time', '60', '--']
  const addresses = [`http://127.0.0.1:${port}/`, `ws://127.0.0.1:${port}/`, `http://127.0.0.1:${dead}/`]
  const child = spawn(appnet, [...args, ...addresses, JSON.stringify(questions)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)))
  const status = await new Promise((resolve) => child.on('close', resolve))
  server.closeAllConnections()
  server.close()
  return { lines, status }
}

// By function: names of options that were read, of what was returned, and fields by who heard them.
function found(lines) {
  const seen = {}
  for (const { name, options = [], returns = [], heard = {} } of lines) {
    const it = (seen[name] ??= { options: new Set(), returns: new Set(), heard: {} })
    options.forEach((option) => it.options.add(option))
    returns.forEach((member) => it.returns.add(member))
    for (const [kind, result] of Object.entries(heard)) {
      const fields = (it.heard[kind] ??= new Set())
      for (const [field, value] of Object.entries(result)) {
        fields.add(field)
        if (value && typeof value === 'object') for (const inner of Object.keys(value)) fields.add(`${field}.${inner}`)
      }
    }
  }
  return seen
}

// ---- the comparison --------------------------------------------------------------------------------------------------------

function missing(declared, seen, whose) {
  const wrong = []
  for (const [name, { options, heard, returns }] of Object.entries(declared)) {
    const it = seen[name]
    if (!it) { wrong.push(`${whose}: wx.${name} is not there`); continue }
    for (const option of options) if (!it.options.has(option)) wrong.push(`${whose}: wx.${name} does not read the option ${option}`)
    for (const member of returns) if (!it.returns.has(member)) wrong.push(`${whose}: what wx.${name} returns has no ${member}`)
    for (const [kind, fields] of Object.entries(heard)) {
      if (name.startsWith('off')) continue // nobody is called by it
      for (const field of fields) {
        const path = `${name}.${kind}.${field}`
        const excused = UNSEEN.has(field) || NOT_GIVEN.has(path) || HOST_MAY_NOT_KNOW.has(path)
        if (!excused && !it.heard[kind]?.has(field)) wrong.push(`${whose}: the ${kind} of wx.${name} never had ${field}`)
      }
    }
  }
  return wrong
}

// `fail` has fields that a success never has, and the reverse: wx.d.ts says of each what it may have, and a run need not show all of it.
const MAY_BE_ABSENT = /^(errno|exception|exception\..*|protocol)$/
function promised(ours) {
  return Object.fromEntries(Object.entries(ours).map(([name, it]) => {
    const heard = Object.entries(it.heard).map(([kind, fields]) => [kind, fields.filter((field) => !MAY_BE_ABSENT.test(field))])
    return [name, { ...it, heard: Object.fromEntries(heard) }]
  }))
}

// What the official typings name can be asked about.
function asked(official, lines) {
  const answers = new Map(lines.filter(({ question }) => question).map(({ question, answer }) => [question, answer]))
  return schemas(official).filter((schema) => !answers.get(schema)).map((schema) => `canIUse('${schema}') says no`)
}
const UNASKED = new Set(['canIUse'])
function schemas(official) {
  return Object.entries(official).filter(([name]) => !UNASKED.has(name)).flatMap(([name, { options, heard }]) => [
    name, ...options.map((option) => `${name}.object.${option}`),
    ...Object.entries(heard).flatMap(([kind, fields]) => fields.map((field) => `${name}.${kind === 'listener' ? 'callback' : kind}.${field}`)),
  ]).filter((schema) => schema !== 'offNetworkStatusChange.callback.errMsg')
}

// docs/features.md has a section for each function, and one for the profile; every name stands in back quotes in it.
function undocumented(official) {
  const sections = new Map(readFileSync(join(here, '../docs/features.md'), 'utf8').split('\n## ').map((text) => [text.slice(0, text.indexOf('\n')), text]))
  const profile = sections.get('Profile')
  return Object.entries(official).flatMap(([name, { options, heard, returns }]) => {
    const names = [...options, ...returns, ...Object.values(heard).flat()]
    const section = sections.get(name)
    if (!section) return [`docs/features.md has no section ${name}`]
    const stands = (it) => (it.startsWith('profile.') ? profile.includes(`\`${it.slice(8)}\``) : section.includes(`\`${it}\``))
    const asOfAnUpload = (it) => name === 'downloadFile' && returns.includes(it)
    return names.filter((it) => !stands(it) && !asOfAnUpload(it) && !NOT_GIVEN.has(`${name}.listener.${it}`)).map((it) => `docs/features.md does not have ${it} in ${name}`)
  })
}

const { errors, functions, names, official, ours } = read(here)
// What the binary has of every function is data, by its name.
const listed = new Set(Object.values(JSON.parse(readFileSync(join(here, '../crates/host/src/platform/official.json'), 'utf8'))).flat())
const unlisted = names.filter((name) => !listed.has(name)).map((name) => `official.json has no ${name}, which the official typings have`)

const { lines, status } = await run(schemas(official))
const seen = found(lines)
const wrong = [
  ...errors, ...(status === 0 ? [] : [`the program ended with status ${status}`]),
  ...functions.filter((name) => !official[name]).map((name) => `the official typings have no wx.${name}`),
  ...functions.filter((name) => !ours[name]).map((name) => `wx.d.ts has no ${name}, which the official typings have`),
  ...missing(official, seen, 'official typings'), ...missing(promised(ours), seen, 'wx.d.ts'), ...asked(official, lines),
  ...undocumented(official), ...unlisted,
]
for (const line of wrong) console.log(`  ✗ ${line}`)
console.log(`${wrong.length ? 'FAIL' : 'PASS'} typings: ${functions.length} functions, ${schemas(official).length} names`)
process.exit(wrong.length ? 1 : 0)
