import request from '../utils/request'
import * as say from '../utils/say'

export const title = 'Ten at once, the eleventh waits'
export const about: string[] = ['Eleven calls in one turn to a route that takes 400 ms. Time in the queue does not count for the timeout, which is 600 ms here.']

export const run = async (): Promise<void> => {
  const calls = Array.from({ length: 11 }, () => request('/delay/400', { timeout: 600, enableProfile: true }))
  const results = await Promise.all(calls)
  const waited = results.map(({ profile }) => (profile ? profile.queueEnd - profile.queueStart : NaN))
  const last = Math.round(waited[10])
  say.promise(`the first ten left at once, the eleventh after ${last} ms`, waited.slice(0, 10).every((ms) => ms < 200) && last >= 300)
  say.promise('all eleven were answered', results.every(({ statusCode }) => statusCode === 200))
}
