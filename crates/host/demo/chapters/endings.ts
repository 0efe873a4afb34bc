import request from '../utils/request'
import * as say from '../utils/say'

export const title = 'How a call ends early'
export const about: string[] = ['A server that never answers: timeout: 300, then abort() after 100 ms.']

export const run = async (): Promise<void> => {
  const began = host.now()
  const late = await request('/never', { timeout: 300 })
  say.promise(`${late.errMsg} (${late.errno}) after ${Math.round(host.now() - began)} ms`, late.errMsg === 'request:fail timeout' && late.errno === 5)
  const ended = await request('/never', {}, (task) => setTimeout(task.abort, 100))
  // The program hears of its own abort at once; the host's record of the call comes a moment later.
  await new Promise((resolve) => setTimeout(resolve, 50))
  say.promise(ended.errMsg, ended.errMsg === 'request:fail abort')
}
