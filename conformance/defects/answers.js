// What comes back: results, text, bytes, headers, chunks.

const results = (breaks, ends) => ({ breaks, ends });

const ofText = (breaks, change) => results(breaks, ({ result }, api, options) => {
  if (typeof result.data === 'string') result.data = change(result.data, options);
});

const isBytes = (data) => data instanceof ArrayBuffer;

const lower = (header) => Object.keys(header).reduce((all, name) => Object.assign(all, { [name.toLowerCase()]: header[name] }), {});

module.exports = {
  'a status of 400 and above fails': results('P1', (end) => { if (end.result.statusCode >= 400) end.ok = false; }),
  'an answer without a body fails': results('P1', (end) => {
    if (end.result.statusCode === 204) Object.assign(end, { ok: false, result: { errMsg: 'request:fail empty response', errno: 600001 } });
  }),
  'a status is text': results('P1', ({ result }) => { if (result.statusCode) result.statusCode = `${result.statusCode}`; }),
  'all text is UTF-8': ofText('P2', (data, { url }) => (url.includes('gbk') ? data.replace(/[^\0-\x7f]/g, '\ufffd') : data)),
  'a charset that is not declared is UTF-8': ofText('P2', (data, { url }) => (url.includes('undeclared') ? data.replace(/[^\0-\x7f]/g, '\ufffd') : data)),
  'text that is none fails': results('P2', (end, api, { url }) => {
    if (`${url}`.includes('/bytes/') && typeof end.result.data === 'string') Object.assign(end, { ok: false, result: { errMsg: 'request:fail data decode error', errno: 600001 } });
  }),
  'no byte order mark is removed': ofText('P3', (data, { url }) => (url.includes('bom') ? `\ufeff${data}` : data)),
  'all byte order marks are removed': ofText('P3', (data) => data.replace(/^\ufeff+/, '')),
  'JSON behind a byte order mark is not parsed': results('P3', ({ result }, api, { url }) => {
    if (url && url.endsWith('/bom') && typeof result.data === 'object' && !isBytes(result.data)) result.data = JSON.stringify(result.data);
  }),
  'bytes lose a byte order mark': results('P3', ({ result }) => {
    if (isBytes(result.data) && new Uint8Array(result.data)[0] === 0xef) result.data = result.data.slice(3);
  }),
  'JSON is never parsed': results('P4', ({ result }) => { if (typeof result.data === 'object' && !isBytes(result.data)) result.data = JSON.stringify(result.data); }),
  'JSON is always parsed': ofText('P4', (data) => { try { return JSON.parse(data); } catch { return data; } }),
  'JSON that is none fails': results('P4', (end, api, { dataType }) => {
    if (api === 'request' && dataType === undefined && typeof end.result.data === 'string') Object.assign(end, { ok: false, result: { errMsg: 'request:fail data parse error', errno: 600001 } });
  }),
  'bytes are a view of them': results('P4', ({ result }) => { if (isBytes(result.data)) result.data = new Uint8Array(result.data); }),
  'bytes are text': results('P4', ({ result }) => { if (isBytes(result.data)) result.data = String.fromCharCode.apply(null, new Uint8Array(result.data)); }),
  'bytes have been text': results('P4', ({ result }) => { if (isBytes(result.data)) result.data = new Uint8Array(result.data).map((byte) => (byte > 127 ? 0xfd : byte)).buffer; }),
  'br is not undone': results('P4', ({ result }, api, { url }) => { if (url && url.endsWith('/br')) result.data = '\u001b\ufffd'; }),
  'the first member of gzip is all': results('P4', ({ result }, api, { url }) => { if (url && url.endsWith('/gzip-members')) result.data = JSON.stringify(result.data).slice(0, 10); }),
  'cookies are one text': results('P5', ({ result }) => { if (result.cookies) result.cookies = [result.cookies.join(',')]; }),
  'cookies are cut at commas': results('P5', ({ result }) => { if (result.cookies) result.cookies = result.cookies.join(',').split(','); }),
  'there are no cookies': results('P5', ({ result }) => { delete result.cookies; }),
  'of headers of one name the last is told': results('P5', ({ result }) => { if (result.cookies && result.cookies.length) result.header['Set-Cookie'] = result.cookies[2]; }),
  'names of headers are in lower case': results('P5', ({ result }) => { if (result.header) result.header = lower(result.header); }),
  'a header is a list': results('P5', ({ result }) => { if (result.header) for (const name of Object.keys(result.header)) result.header[name] = [result.header[name]]; }),
  'a failure has no number': results('P7', ({ result }) => { delete result.errno; }),
  'errMsg does not name the call': results('P7', (end) => { end.result.errMsg = end.result.errMsg.split(':')[1]; }),
  'there is no profile': results('R6', ({ result }) => { delete result.profile; }),
  'a profile has seconds': results('R6', ({ result }) => { if (result.profile) result.profile.responseEnd /= 1000; }),
  'chunks are not told': { breaks: 'R6', task: (task) => { if (task.onChunkReceived) task.onChunkReceived = () => {}; } },
  'chunks are text': {
    breaks: 'R6',
    task: (task) => {
      const { onChunkReceived } = task;
      if (onChunkReceived) task.onChunkReceived = (listener) => onChunkReceived(({ data }) => listener({ data: `${data}` }));
    },
  },
  'chunks come together at the end': (() => {
    let last;
    return {
      breaks: 'R6',
      task: (task) => {
        const { onChunkReceived } = task;
        if (!onChunkReceived) return;
        task.onChunkReceived = (listener) => {
          const kept = [];
          onChunkReceived((news) => kept.push(news));
          last = () => kept.splice(0).forEach((news) => listener(news));
        };
      },
      ends: () => { if (last) last(); },
    };
  })(),
  'headers come behind the chunks': {
    breaks: 'R6',
    task: (task) => {
      const { onHeadersReceived } = task;
      task.onHeadersReceived = (listener) => onHeadersReceived((news) => setTimeout(() => listener(news), 20));
    },
  },
  'headers are not told': { breaks: 'P8', task: (task) => { task.onHeadersReceived = () => {}; } },
  'headers are told of requests alone': { breaks: 'P8', task: (task, api) => { if (api !== 'request') task.onHeadersReceived = () => {}; } },
  'an answer that breaks off is a success': results('P8', (end, api, { url }) => {
    if (api === 'request' && `${url}`.includes('/cut/')) Object.assign(end, { ok: true, result: { data: '', statusCode: 200, header: {}, errMsg: 'request:ok' } });
  }),
  'a download that breaks off is a success': results('P8 F3', (end, api, { url }) => {
    if (api === 'downloadFile' && `${url}`.includes('/cut/')) Object.assign(end, { ok: true, result: { tempFilePath: 'wxfile://tmp_x', statusCode: 200, header: {}, errMsg: 'downloadFile:ok' } });
  }),
};
