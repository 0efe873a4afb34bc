import type { Result } from '../utils/types'
import bar from '../utils/bar'
import request from '../utils/request'
import * as say from '../utils/say'

export const title = 'Files go up and down'
export const about: string[] = [
  'https://files.demo.test is on the lists of uploadFile and downloadFile, behind a link of some 15 MiB a second.',
  'The app has its own files, wxfile://usr/…, and temporary ones; nothing else can be named.',
]

const base = 'https://files.demo.test'
const usr = wx.env.USER_DATA_PATH
const SIZE = 16 << 20

const transfer = (api: string, options: object, started: (task: any) => void = () => {}) => new Promise<Result>((resolve) => {
  started(wx[api]({ ...options, complete: resolve }))
})

export const run = async (): Promise<void> => {
  const files = wx.getFileSystemManager()
  files.writeFileSync(`${usr}/video 一.mp4`, new Uint8Array(SIZE).fill(42).buffer)

  const up = bar('upload')
  const sent = await transfer('uploadFile', { url: `${base}/upload`, filePath: `${usr}/video 一.mp4`, name: 'file', formData: { n: 1, 标题: '"引号"' } }, (task) => task.onProgressUpdate(up.show))
  const form = JSON.parse(sent.data)
  say.promise(`the server has ${JSON.stringify(form.files[0].name)} of ${form.files[0].size} bytes, and ${JSON.stringify(form.fields)}`, form.files[0].size === SIZE && form.fields.length === 2)
  say.promise('progress never went back and ended at 100 %', up.steady() && up.whole())

  const down = bar('download')
  const got = await transfer('downloadFile', { url: `${base}/bytes/${SIZE}` }, (task) => task.onProgressUpdate(down.show))
  say.promise(`${got.tempFilePath.slice(0, 19)}… has ${files.statSync(got.tempFilePath).size} bytes`, files.statSync(got.tempFilePath).size === SIZE)
  say.promise('progress never went back and ended at 100 %', down.steady() && down.whole())

  const part = await transfer('downloadFile', { url: `${base}/bytes/${SIZE}`, filePath: `${usr}/part` }, (task) => task.onProgressUpdate(task.abort))
  // The program hears of its own abort at once; the host's record of the call comes a moment later.
  await new Promise((resolve) => setTimeout(resolve, 50))
  say.promise(`${part.errMsg}: nothing half-written is left`, part.errMsg === 'downloadFile:fail abort' && !files.readdirSync(usr).includes('part'))
  const outside = await transfer('uploadFile', { url: `${base}/upload`, filePath: `${usr}/../storage.json`, name: 'file' })
  say.promise(`a path that leads out: ${outside.errMsg} (${outside.errno})`, outside.errMsg === 'uploadFile:fail permission denied')
  const other = await request(`${base}/json`)
  say.promise(`each function has a list of its own: ${other.errMsg}`, other.errMsg === 'request:fail url not in domain list')
}
