import request from '../utils/request'
import * as say from '../utils/say'

export const title = 'A request, and where its time goes'
export const about: string[] = [
  "wx.request({ url: 'https://api.demo.test/json' }), twice: the second one finds the connection open.",
  'tcp, tls: connecting and shaking hands. wait: for the first byte. receive: from the first byte to the last.',
]

export const run = async (): Promise<void> => {
  const first = await request('/json')
  await request('/json')
  say.promise(`the body arrives parsed: ${JSON.stringify(first.data)}`, first.data.text === '你好')

  const { data } = await request('/echo', { header: { Referer: 'https://mine.test/', 'X-Mine': 'kept' } })
  const seen = data.headers
  say.promise(`the Referer is the host's alone: ${seen.referer}`, seen.referer === 'https://servicewechat.com/wxdemo0123456789ab/1/page-frame.html')
  say.promise('a header of its own goes out as it is', seen['x-mine'] === 'kept')

  const missing = await request('/status/404')
  say.promise(`any status is a success, also ${missing.statusCode}`, missing.errMsg === 'request:ok' && missing.statusCode === 404)
}
