import request from '../utils/request'
import * as say from '../utils/say'

export const title = 'Server domains: what is not on the list is not reached'
export const about: string[] = ['server-domains.json has https://api.demo.test and https://api.demo.test:8443, and nothing else.']

export const run = async (): Promise<void> => {
  for (const [url, why] of [
    ['https://api.demo.test:443/json', 'even the default port must not be written'],
    ['https://cdn.api.demo.test/json', 'no names below a listed one'],
    ['http://api.demo.test/json', 'https only'],
    ['https://api.weixin.qq.com/cgi-bin/token', 'reserved, whatever is configured'],
  ]) {
    const { errMsg, errno } = await request(url)
    say.promise(`${why}: ${errMsg} (${errno})`, errMsg === 'request:fail url not in domain list' && errno === 600002)
  }
  const hop = await request('/redirect?to=' + encodeURIComponent('https://tracker.test/pixel'))
  say.promise(`a redirect is checked like a first call: ${hop.errMsg}`, hop.errMsg === 'request:fail redirect url not in domain list:tracker.test')
}
