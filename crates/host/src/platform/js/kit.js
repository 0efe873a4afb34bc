// What the other files of this folder share: how a function of the platform calls back, and built-ins that a program cannot have changed.
// How those are to be used, and what else a program can change, is said in builtins.js of the crate `js`.
'use strict'
;(function (native, wx, report, setHandler, builtins) {
  const { apply } = builtins
  const later = globalThis.setTimeout
  const [Result, text] = [Promise, String]

  const run = (f, result) => { try { if (typeof f === 'function') apply(f, undefined, [result]) } catch (error) { report(error) } }

  // Whatever was thrown, as the words of a failure.
  function failed(name, error) {
    const known = error !== null && typeof error === 'object' ? error : { message: text(error) }
    return { errMsg: name + ':fail ' + text(known.message), ...(known.errno && { errno: known.errno }) }
  }

  // What `work(options)` answers becomes the result, what it throws the failure. The callbacks come after the return; without any of
  // them there is a promise, as on the platform.
  function asynchronous(name, work) {
    return (given) => {
      const options = given ?? {}
      let outcome = 'success', result
      try {
        result = { ...work(options), errMsg: name + ':ok' }
      } catch (error) {
        outcome = 'fail'
        result = failed(name, error)
      }
      const { success, fail, complete } = options
      if (success || fail || complete) {
        const first = outcome === 'success' ? success : fail
        later(() => {
          run(first, result)
          run(complete, result)
        })
        return undefined
      }
      return new Result((resolve, reject) => { later(() => { (outcome === 'success' ? resolve : reject)(result) }) })
    }
  }

  return { native, wx, report, setHandler, run, later, asynchronous, builtins }
})
