// The message bus of `appnet bus` for Node: one app over a child process, or over a connection of a socket that `appnet bus --listen` serves.
// docs/bus.md has the messages, and how they are written on a stream under "Over a pipe".
import { spawn } from 'node:child_process'
import { connect } from 'node:net'

/** Messages on a stream, both ways: `send(json, attachments)`, `onMessage(json, attachments)`. Attachments are Buffers. */
export class Frames {
  #output
  #rest = Buffer.alloc(0)
  #lengths

  constructor(input, output) {
    this.#output = output
    this.onMessage = () => {}
    input.on('data', (data) => {
      this.#rest = this.#rest.length ? Buffer.concat([this.#rest, data]) : data
      while (this.#next());
    })
  }

  send(json, attachments = []) {
    if (!this.#output.writable) return
    if (attachments.length) this.#output.write(`[${attachments.map((it) => it.byteLength)}]\n`)
    this.#output.write(json + '\n')
    for (const attachment of attachments) this.#output.write(attachment)
  }

  end() {
    this.#output.end()
  }

  // Whether there was a whole message.
  #next() {
    const end = this.#rest.indexOf(10)
    if (end < 0) return false
    const line = this.#rest.subarray(0, end).toString()
    if (line.startsWith('[')) {
      const json = this.#rest.indexOf(10, end + 1)
      const lengths = JSON.parse(line)
      const length = lengths.reduce((all, it) => all + it, 0)
      if (json < 0 || this.#rest.length < json + 1 + length) return false
      let at = json + 1
      const attachments = lengths.map((it) => this.#rest.subarray(at, (at += it)))
      const message = this.#rest.subarray(end + 1, json).toString()
      this.#rest = this.#rest.subarray(at)
      this.onMessage(message, attachments)
    } else {
      this.#rest = this.#rest.subarray(end + 1)
      this.onMessage(line, [])
    }
    return true
  }
}

/** One app in a process of its own: `args` as `appnet bus --help` says. */
export function spawned(appnet, args) {
  const child = spawn(appnet, ['bus', ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => {}) // it has ended: `exited` says so
  const frames = new Frames(child.stdout, child.stdin)
  const exited = new Promise((resolve, reject) => { child.once('error', reject); child.once('exit', resolve) })
  return { frames, exited, kill: () => child.kill() }
}

/** A connection of a socket, for whom the token says. */
export async function connected(path, token) {
  const socket = connect(path)
  await new Promise((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject) })
  const frames = new Frames(socket, socket)
  frames.send(JSON.stringify({ type: 'hello', token }))
  return { frames, closed: new Promise((resolve) => socket.once('close', resolve)) }
}
