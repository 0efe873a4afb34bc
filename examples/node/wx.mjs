// `wx` in Node, over a bus: what a mini-program calls, in a UI layer that is not written in Rust. `appnet bus --print-wx` has the script that makes it.
import { execFileSync } from 'node:child_process'

const asArrayBuffer = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)

/** The `wx` of the app at the other end of `frames`, and its files. */
export function wxOver(appnet, frames) {
  const script = execFileSync(appnet, ['bus', '--print-wx'], { encoding: 'utf8' })
  const bridge = { post: (json, attachments = []) => frames.send(json, attachments.map((it) => Buffer.from(it))) }
  const wx = (0, eval)(`(${script})`)(bridge)
  const asked = new Map()
  let last = 0
  frames.onMessage = (json, attachments) => {
    const event = asked.size && json.includes('"type":"done"') ? JSON.parse(json) : {}
    const answer = event.task === undefined && asked.get(event.id)
    if (answer) { asked.delete(event.id); return answer(event, attachments[0]) }
    bridge.receive(json, attachments.map(asArrayBuffer))
  }
  const ask = (command, attachments) => new Promise((resolve, reject) => {
    const id = ++last
    asked.set(id, (event, data) => (event.ok ? resolve(data) : reject(new Error(event.reason))))
    frames.send(`{"type":"${command.type}",${JSON.stringify({ id, ...command, type: undefined }).slice(1)}`, attachments)
  })
  return {
    wx,
    writeFile: (path, data) => ask({ type: 'writeFile', path }, [data]),
    readFile: (path) => ask({ type: 'readFile', path }),
  }
}
