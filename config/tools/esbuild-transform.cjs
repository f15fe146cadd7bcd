// Turns one TypeScript file into JavaScript for jest, types stripped, lines kept by a source map.
// It checks no types: `npm run typecheck` does.
const esbuild = require('esbuild');

module.exports = {
  process(source, file, options) {
    const result = esbuild.transformSync(source, {
      loader: 'ts',
      format: options.supportsStaticESM ? 'esm' : 'cjs',
      target: 'node20',
      sourcemap: 'both',
      sourcefile: file,
    });
    return { code: result.code, map: result.map };
  },
};
