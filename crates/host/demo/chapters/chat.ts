import member from '../utils/member'
import * as say from '../utils/say'

export const title = 'A chat over WSS'
export const about: string[] = ['Two people in one room, with a socket each. Whatever one of them says, both hear.']

export const run = async (): Promise<void> => {
  const [ann, bo] = [member(), member()]
  const joined = [await ann.join('Ann'), await bo.join('Bo')]
  say.promise('both are in: readyState 1', joined.every(({ errMsg }) => errMsg === 'connectSocket:ok') && ann.state() === 1 && bo.state() === 1)

  await ann.say('你好, Bo 🎈')
  const [, greeting] = await bo.hears(2)
  say.promise(`Bo hears text as text: ${greeting}`, greeting === '你好, Bo 🎈')

  await bo.say(new Uint8Array([1, 2, 3]).buffer)
  const [,,, bytes] = await ann.hears(4)
  say.promise('Ann hears bytes as an ArrayBuffer', bytes instanceof ArrayBuffer && String(new Uint8Array(bytes)) === '1,2,3')

  const ends = [await ann.leave(), await bo.leave()]
  say.promise(`both leave: close ${ends[0].code}, and readyState 3`, ends.every(({ code }) => code === 1000) && bo.state() === 3)
  const late = await bo.say('anybody?')
  say.promise(`what is said after that fails: ${late.errMsg}`, late.errMsg === 'SocketTask.send:fail SocketTask.readyState is not OPEN')
}
