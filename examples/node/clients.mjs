// The `wx` module that the published libraries of shared/clients are tried with in Node: see its README. APPNET is the binary.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawned } from './bus.mjs'
import { wxOver } from './wx.mjs'

export default async function createWx({ caFile, tmpDir }) {
  const appnet = process.env.APPNET
  if (!appnet) throw new Error('set APPNET to the appnet binary')
  // The servers are on `localhost`, which no list of a release may have: so the app is one in the developer tools.
  const domains = join(tmpDir, 'domains.json')
  writeFileSync(domains, '{}')
  const flags = ['--domains', domains, '--env', 'devtools', '--no-url-check', '--ca', caFile, '--data-dir', join(tmpDir, 'data')]
  const app = spawned(appnet, flags)
  const { wx, writeFile, readFile } = wxOver(appnet, app.frames)
  let files = 0
  return {
    wx,
    async putFile(bytes, name) {
      const path = `wxfile://usr/${++files}-${name}`
      await writeFile(path, bytes)
      return path
    },
    readFile: async (path) => Buffer.from(await readFile(path)),
    async close() {
      app.frames.end()
      await app.exited
    },
  }
}
