import type { Result } from '../utils/types'
import member from '../utils/member'
import request from '../utils/request'
import * as say from '../utils/say'

export const title = 'Five seconds in the background'
export const about: string[] = ['Three calls are under way and a chat is open when the person leaves. What has not ended after five seconds is interrupted.']

const interrupted = ({ errMsg, errno }: Result) => errMsg.endsWith(':fail interrupted') && errno === 600003

export const run = async (): Promise<void> => {
  const ann = member()
  await ann.join('Ann')
  const chat = ann.ended()
  const open = [request('/delay/1000'), request('/never'), request('/never')]
  await new Promise((resolve) => setTimeout(resolve, 100))
  const left = host.now()
  host.enterBackground()
  say.promise('the person leaves the app', true)

  const [call, send] = await Promise.all([request('/json'), ann.say('is anybody there?')])
  say.promise(`a new call in the background fails at once: ${call.errMsg}`, interrupted(call) && host.now() - left < 1000)
  say.promise(`so does a message to the chat: ${send.errMsg}`, interrupted(send))

  const [within, ...after] = await Promise.all(open)
  const seconds = (host.now() - left) / 1000
  say.promise('the call that ended within the grace succeeded', within.statusCode === 200)
  say.promise(`the others after ${seconds.toFixed(1)} s: ${after[0].errMsg} (${after[0].errno})`, seconds > 4.9 && seconds < 6.5 && after.every(interrupted))
  const { code, reason } = await chat
  say.promise(`and the chat: close ${code}, ${reason}`, code === 1006 && reason === 'interrupted' && ann.state() === 3)

  host.enterForeground()
  const again = await request('/json')
  say.promise('the person comes back, and calls work again', again.statusCode === 200)
  await ann.join('Ann')
  const heard = await ann.hears(2)
  say.promise('and the chat, when the program connects again', heard[1] === 'Ann is here' && ann.state() === 1)
  await ann.leave()
}
