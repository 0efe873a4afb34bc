import type { Closed, Heard, Member, Result } from './types'

// Somebody in the chat room: what is heard there, how it ended, and how to come back. One socket at a time.
const url = 'wss://chat.demo.test/room'

export default (): Member => {
  const heard: Heard[] = []
  const waiting: (() => void)[] = []
  let socket: any

  function hear(data: Heard): void {
    heard.push(data)
    waiting.splice(0).forEach((look) => look())
  }

  // In when the room has said back that somebody came; or with the error if that will not be.
  const join = (name: string) => new Promise<Result>((resolve) => {
    const words = `${name} is here`
    socket = wx.connectSocket({ url, fail: resolve })
    socket.onOpen(() => socket.send({ data: words }))
    socket.onError(resolve)
    socket.onMessage(({ data }) => {
      hear(data)
      if (data === words) resolve({ errMsg: 'connectSocket:ok' })
    })
  })

  const ended = () => new Promise<Closed>((resolve) => socket.onClose(resolve))
  const say = (data: Heard) => new Promise<Result>((resolve) => socket.send({ data, complete: resolve }))
  const leave = () => {
    const left = ended()
    socket.close({ code: 1000, reason: 'bye' })
    return left
  }

  // Resolves with the first `count` of what was heard.
  const hears = (count: number) => new Promise<Heard[]>((resolve) => {
    const look = (): void | number => (heard.length < count ? waiting.push(look) : resolve(heard.slice(0, count)))
    look()
  })

  return { join, say, hears, ended, leave, state: () => socket.readyState }
}
