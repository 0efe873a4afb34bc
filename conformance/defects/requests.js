// What goes out. A host that keeps the rules lets no defect of these through, so what a server says that it got is changed in its place.

const header = (options, name) => Object.keys(options.header || {}).filter((one) => one.toLowerCase() === name).map((one) => options.header[one])[0];

const sends = (breaks, sent) => ({ breaks, sent });

const own = (name) => (seen, options) => {
  const value = header(options, name);
  if (value !== undefined) seen.headers[name] = value;
};

let jar = [];

module.exports = {
  'an app sets its Referer': sends('R1', own('referer')),
  'there is no Referer': sends('R1', (seen) => { delete seen.headers.referer; }),
  'the Referer has no version': sends('R1', (seen) => { seen.headers.referer = seen.headers.referer.replace(/\/[^/]*\/page-frame/, '/page-frame'); }),
  'uploads have no Referer': sends('R1', (seen, options) => { if (options.filePath) delete seen.headers.referer; }),
  'an app sets its Host': sends('R2', own('host')),
  'an app sets its User-Agent': sends('R2', own('user-agent')),
  'an app sets its Connection': sends('R2', own('connection')),
  'a header may hold a line break': {
    breaks: 'R2',
    options: (options) => {
      const value = header(options, 'x-a');
      if (value) options.header = { 'X-A': 'a', 'X-B': 'b' };
    },
  },
  'methods are sent as they are written': sends('R3', (seen, options) => { seen.method = options.method || 'GET'; }),
  'CONNECT is taken for GET': { breaks: 'R3', options: (options) => { if (options.method === 'CONNECT') options.method = 'GET'; } },
  'data makes a POST of a GET': { breaks: 'R3', options: (options) => { if (options.data && !options.method) options.method = 'POST'; } },
  'content-type is always JSON': { breaks: 'R4', options: (options) => { options.header = Object.assign({}, options.header, { 'content-type': 'application/json' }); } },
  'text is text/plain unless it is said': sends('R4', (seen, options) => {
    if (typeof options.data === 'string' && !header(options, 'content-type')) seen.headers['content-type'] = 'text/plain;charset=UTF-8';
  }),
  'Cookie cannot be set': sends('R4', (seen) => { delete seen.headers.cookie; }),
  'headers without a value are left out': sends('R4', (seen) => {
    for (const name of Object.keys(seen.headers)) if (seen.headers[name] === '') delete seen.headers[name];
  }),
  'cookies are sent again': {
    breaks: 'P5',
    ends: ({ result }) => { if (result.cookies && result.cookies.length) jar = result.cookies; },
    sent: (seen) => { if (jar.length) seen.headers.cookie = jar.map((one) => one.split(';')[0]).join('; '); },
  },
  'an object is text': sends('R5', (seen, options) => { if (options.method === 'POST' && typeof options.data === 'object') seen.body = `${options.data}`; }),
  'a form is sent as JSON': {
    breaks: 'R5',
    options: (options) => { if (options.data && typeof options.data === 'object' && !(options.data instanceof ArrayBuffer)) options.data = options.method ? JSON.stringify(options.data) : options.data; },
  },
  'a form is not escaped': {
    breaks: 'R5',
    options: (options) => {
      if (options.data && typeof options.data === 'object' && `${header(options, 'content-type')}`.includes('urlencoded')) {
        options.data = Object.keys(options.data).map((name) => `${name}=${options.data[name]}`).join('&');
      }
    },
  },
  'bytes are sent as JSON': { breaks: 'R5', options: (options) => { if (options.data instanceof ArrayBuffer) options.data = JSON.stringify(options.data); } },
  'DELETE has no body': { breaks: 'R5', options: (options) => { if (options.method === 'DELETE') delete options.data; } },
  'GET has no query of data': { breaks: 'R5', options: (options) => { if (!options.method) delete options.data; } },
  'data takes the place of the query': { breaks: 'R5', options: (options) => { if (options.data && !options.method) options.url = options.url.split('?')[0]; } },
  'no data is a question mark': sends('R5', (seen, options) => { if (options.data && !options.method && seen.query === '') seen.query = '?'; }),
  'queries are escaped again': { breaks: 'U1', options: (options) => { options.url = `${options.url}`.replace(/%/g, '%25'); } },
  'queries are put in order': {
    breaks: 'U1',
    options: (options) => {
      const [path, query] = `${options.url}`.split('#')[0].split('?');
      if (query && path.endsWith('/echo')) options.url = `${path}?${query.split('&').sort().join('&')}`;
    },
  },
  'what is behind # is sent': { breaks: 'U1', options: (options) => { options.url = `${options.url}`.replace('#', '%23'); } },
};
