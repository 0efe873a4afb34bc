// What the other files of this folder share: how a function of the platform calls back.
'use strict'
;(function (native, wx, report) {
  const later = globalThis.setTimeout

  const run = (f, result) => { try { if (typeof f === 'function') f(result) } catch (error) { report(error) } }

  // What `work(options)` answers becomes the result, what it throws the failure. The callbacks come after the return; without any of
  // them there is a promise, as on the platform.
  function asynchronous(name, work) {
    return (options = {}) => {
      let outcome = 'success', result
      try {
        result = { ...work(options), errMsg: `${name}:ok` }
      } catch (error) {
        outcome = 'fail'
        result = { errMsg: `${name}:fail ${error.message}`, ...(error.errno && { errno: error.errno }) }
      }
      const { success, fail, complete } = options
      if (success || fail || complete) {
        const first = outcome === 'success' ? success : fail
        later(() => { run(first, result); run(complete, result) })
        return undefined
      }
      return new Promise((resolve, reject) => later(() => (outcome === 'success' ? resolve : reject)(result)))
    }
  }

  return { native, wx, report, run, later, asynchronous }
})
