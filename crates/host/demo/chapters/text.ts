import request from '../utils/request'
import * as say from '../utils/say'

export const title = 'Text of all kinds arrives as text'
export const about: string[] = ['A page in GBK, one that does not say so, and JSON behind one byte order mark and behind two.']

export const run = async (): Promise<void> => {
  const gbk = await request('/gbk')
  say.promise(`GBK: ${gbk.data.match(/<p>(.{12})/)[1]}…`, /[\u4e00-\u9fff]/.test(gbk.data) && !gbk.data.includes('\ufffd'))
  const guessed = await request('/gbk-undeclared')
  say.promise('GBK without a charset is recognised', guessed.data === gbk.data)
  const bom = await request('/bom')
  say.promise(`one byte order mark is removed, and the JSON parses: ${JSON.stringify(bom.data)}`, typeof bom.data === 'object')
  const two = await request('/two-boms')
  say.promise('of two, one stays', typeof two.data === 'string' && two.data[0] === '\ufeff' && two.data[1] !== '\ufeff')
}
