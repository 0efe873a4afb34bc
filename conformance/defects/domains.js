// Calls that reach what they must not, or do not reach what they may. What a host would let through is answered by a server that may be called.

const HOST = 'api.conformance.test';

// Calls to what matches go to the server that is allowed.
const lets = (breaks, from, to) => ({
  breaks,
  options: (options) => {
    if (typeof options.url === 'string') options.url = options.url.replace(from, to === undefined ? `https://${HOST}/` : to);
  },
});

// Redirects that the host follows by itself, in one way or another.
const follows = (breaks, next) => ({
  breaks,
  options: (options) => {
    const { url } = options;
    const at = typeof url === 'string' && options.redirect !== 'manual' ? url.indexOf('/redirect?') : -1;
    if (at < 0) return;
    const query = url.slice(at + '/redirect?'.length);
    const to = decodeURIComponent(query.split('to=')[1]);
    next(options, to, Number(query.slice('code='.length).split('&')[0]));
  },
});

const absolute = (to) => (to.startsWith('/') ? `https://${HOST}${to}` : to);

module.exports = {
  'downloads have the list of requests, too': lets('D1', 'https://down.', 'https://api.'),
  'the list of sockets is asked for requests': lets('D1', 'https://ws.', 'https://api.'),
  'http becomes https': lets('D2', /^http:/, 'https:'),
  'addresses can be called': lets('D3', /^https:\/\/(127\.0\.0\.1|localhost)\//),
  'an address in another spelling can be called': lets('D3', /^https:\/\/2130706433\//),
  'the reserved host can be called': lets('D5', /^https:\/\/api\.weixin\.qq\.com\//),
  'an address without a scheme is one of the page': lets('U2', /^json$/, `https://${HOST}/json`),
  'the default port is dropped': lets('U3', ':443/', '/'),
  'ports are not compared': lets('U3', 'api.conformance.test:8443', HOST),
  'an entry with a port allows the default one': lets('U3', 'port.conformance.test/', 'port.conformance.test:8443/'),
  'an entry with a port allows others': lets('U3', ':8444/', ':8443/'),
  'a dot behind a name is dropped': lets('U4', 'test./', 'test/'),
  'subdomains are allowed': lets('U4', /^https:\/\/sub\.api\./, 'https://api.'),
  'the end of a name is compared': lets('U4', /^https:\/\/evilapi\./, 'https://api.'),
  'the beginning of a URL is compared': lets('U4', /^https:\/\/api\.conformance\.test[@.][^/]+/, `https://${HOST}`),
  'the URL is searched for the name': lets('U4', /^https:\/\/other\.conformance\.test\/https:\/\//, 'https://'),
  'upper case is another name': { breaks: 'U4', refuse: ({ url }) => (/^https:\/\/[^/]*[A-Z]/.test(url) ? 'url not in domain list' : undefined) },
  'redirects are not checked': follows('U6', (options, to) => { options.url = to.startsWith('https://other.') ? `https://${HOST}/json` : options.url; }),
  'redirects of downloads are checked as requests': follows('U6', (options, to) => { if (options.filePath === undefined && to.includes('port.')) options.url = `https://${HOST}/json`; }),
  'a redirect loses its port before it is checked': follows('U6', (options, to) => { if (to.includes(':443/')) options.url = to.replace(':443', ''); }),
  'redirects are not followed': { breaks: 'U6', options: (options) => { options.redirect = 'manual'; } },
  'redirects are always followed': { breaks: 'U6', options: (options) => { delete options.redirect; } },
  '303 keeps the method': follows('U6', (options, to, code) => { if (code === 303) options.url = absolute(to); }),
  '307 becomes GET': follows('U6', (options, to, code) => {
    if (code === 307) Object.assign(options, { url: absolute(to), method: 'GET', data: undefined });
  }),
  'redirects without an end are an error of the network': {
    breaks: 'U6',
    ends: ({ result }) => { if (result.errno === 600008) Object.assign(result, { errMsg: 'request:fail connection reset', errno: 600001 }); },
  },
  'a certificate may be over': lets('K1', 'https://expired.', 'https://api.'),
  'a certificate may be of another host': lets('K1', 'https://name.', 'https://api.'),
  'a certificate may be its own authority': lets('K1', 'https://self.', 'https://api.'),
  'a chain is completed by the host': lets('K1', 'https://chain.', 'https://api.'),
  'certificates of sockets are not checked': { breaks: 'K1', connect: (options) => { options.url = options.url.replace('wss://expired.', 'wss://ws.'); } },
  'a failed handshake is a failure like any other': {
    breaks: 'K1',
    ends: ({ result }) => { if (`${result.errMsg}`.includes('ssl hand shake error')) result.errMsg = 'request:fail network error'; },
  },
};
