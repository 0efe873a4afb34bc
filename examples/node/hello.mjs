// node hello.mjs APPNET URL: one wx.request of an app that may reach the URL's origin, in a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawned } from './bus.mjs'
import { wxOver } from './wx.mjs'

const [appnet, url, ...args] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'appnet-hello-'))
const domains = join(folder, 'domains.json')
writeFileSync(domains, JSON.stringify({ request: [new URL(url).origin] }))
const app = spawned(appnet, ['--domains', domains, '--app-id', 'wx1', ...args])
const { wx } = wxOver(appnet, app.frames)
const result = await new Promise((resolve) => wx.request({ url, complete: resolve }))
console.log(result.errMsg, result.statusCode ?? result.errno, JSON.stringify(result.data))
app.frames.end()
await app.exited
rmSync(folder, { recursive: true })
