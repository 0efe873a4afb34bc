// Runs the suite as for a browser's cache, and prints what was not passed and how many of each.
import { runTests, getResults } from './test-engine/client/runner.mjs'
import { determineTestResult, resultTypes } from './test-engine/lib/results.mjs'
import tests from './tests/index.mjs'

runTests(tests, true, host.args[0], 20).then(() => {
  const results = getResults()
  const names = Object.fromEntries(Object.entries(resultTypes).map(([name, [, , sign]]) => [sign, name]))
  const counts = {}
  for (const id of Object.keys(results)) {
    const outcome = names[determineTestResult(tests, id, results)[2]]
    counts[outcome] = (counts[outcome] ?? 0) + 1
    if (!['pass', 'yes', 'no', 'dependency_fail'].includes(outcome)) host.print(`${outcome} ${id} ${results[id][1] ?? ''}`)
  }
  host.print(JSON.stringify(counts))
  host.exit(0)
})
