// Three apps with their own lists and files, through the C ABI by koffi: what three_apps.c does, with events that are waited for and no callback.
//
//     npm install && APPNET_LIBRARY=LIBRARY_FOLDER node three_apps.mjs PORT CA_FILE DATA_FOLDER
//
// The server api.example.com is at 127.0.0.1:PORT, with a certificate of the CA in CA_FILE.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import { AppnetError, Code, Network } from './appnet.mjs'

const HOST = 'https://api.example.com'
const [port, caFile, folder] = process.argv.slice(2)
const config = (appId, domains = {}) => ({ appId, domains, connectTo: [`api.example.com::127.0.0.1:${port}`] })
const call = (task, options, api = 'request') => ({ type: 'call', task, api, options })

async function waitFor(app, task, ...types) {
  for (;;) {
    const event = await app.nextEvent(10_000)
    if (types.includes(event.type) && event.task === task) return event
  }
}

const network = new Network({ threads: 2, systemRoots: false, extraRootsPem: fs.readFileSync(caFile, 'utf8') })
network.setConnectivity({ networkType: 'wifi' })

// A configuration that is refused says what is wrong with it.
try {
  network.launch(config('wx0', { request: ['http://api.example.com'] }))
  assert.fail('it should be refused')
} catch (error) {
  assert(error instanceof AppnetError && error.code === Code.INVALID_CONFIG, String(error))
  console.log(`refused: ${error.message}`)
}

const first = network.launch(config('wx1', { request: [HOST] }))
const second = network.launch(config('wx2', { downloadFile: [HOST], uploadFile: [HOST] }), `${folder}/wx2`)
const third = network.launch(config('wx3', { request: [HOST] }))

// Bytes go out and come in beside the JSON.
first.send(call(1, { url: `${HOST}/echo`, method: 'POST', data: { bytes: 0 } }), [Buffer.from([0, 1, 2, 3])])
await waitFor(first, 1, 'success')
first.send(call(2, { url: `${HOST}/bytes/5`, responseType: 'arraybuffer' }))
assert.deepEqual([...(await waitFor(first, 2, 'success')).attachments[0]], [0, 1, 2, 3, 4])

// Each app has its own lists: the second may download and not call.
second.send(call(1, { url: `${HOST}/bytes/1000`, filePath: 'wxfile://usr/a.bin' }, 'downloadFile'))
assert.equal((await waitFor(second, 1, 'success', 'fail')).result.filePath, 'wxfile://usr/a.bin')
second.send(call(2, { url: `${HOST}/json` }))
assert.match((await waitFor(second, 2, 'fail')).result.errMsg, /url not in domain list/)

third.send(call(1, { url: `${HOST}/json` }))
const { attachments, ...heard } = await waitFor(third, 1, 'success')
console.log(`heard: ${JSON.stringify(heard).slice(0, 60)}`)

// Away from the screen calls fail at once; back on it they work. A new configuration counts from the next call on.
first.enterBackground()
first.send(call(3, { url: `${HOST}/json` }))
assert.equal((await waitFor(first, 3, 'fail')).result.errMsg, 'request:fail interrupted')
first.enterForeground()
first.configure(config('wx1'))
first.send(call(4, { url: `${HOST}/json` }))
assert.match((await waitFor(first, 4, 'fail')).result.errMsg, /url not in domain list/)

// A close ends what runs, says what that was, and leaves nothing.
third.send(call(2, { url: `${HOST}/never` }))
console.log(`closed: ${JSON.stringify(third.close())}`)
first.close()
while (await first.nextEvent()) {}
network.shutDown()
