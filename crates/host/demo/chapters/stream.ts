import request from '../utils/request'
import * as say from '../utils/say'

export const title = 'An answer that streams'
export const about: string[] = ['enableChunked: server-sent events, five bytes at a time, cut wherever they fall. Each is shown when it is whole.']

// UTF-8, however it is cut: `add` answers the characters that are whole now.
function decoder() {
  let rest: number[] = []
  return (bytes: Uint8Array): string => {
    rest.push(...bytes)
    let end = rest.length
    while (end > 0 && (rest[end - 1] & 0xc0) === 0x80) end--
    const need = rest[end - 1] >= 0xf0 ? 4 : rest[end - 1] >= 0xe0 ? 3 : rest[end - 1] >= 0xc0 ? 2 : 1
    if (rest.length - end + 1 >= need) end = rest.length
    else end--
    const whole = rest.slice(0, end)
    rest = rest.slice(end)
    return decodeURIComponent(whole.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''))
  }
}

export const run = async (): Promise<void> => {
  const began = host.now()
  const decode = decoder()
  let text = '', chunks = 0, cut = 0, first = 0
  function hear({ data }: { data: ArrayBuffer }): void {
    const bytes = new Uint8Array(data)
    if (!chunks++) first = host.now() - began
    if ((bytes[0] & 0xc0) === 0x80) cut++
    text += decode(bytes)
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      host.print(`   ${Math.round(host.now() - began).toString().padStart(5)} ms  ${JSON.parse(text.slice(text.indexOf('data: ') + 6, end)).token}`)
    }
  }
  const { data, statusCode } = await request('/sse/6/10', { enableChunked: true }, (task) => task.onChunkReceived(hear))
  const all = host.now() - began
  say.promise(`${chunks} chunks, ${cut} of them begin inside a character; the first after ${Math.round(first)} of ${Math.round(all)} ms`, chunks > 1 && first < all / 2)
  say.promise('success comes at the end, without a body', statusCode === 200 && data === '' && text === '')
}
