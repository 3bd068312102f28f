/**
 * Whether test/mutation/ runs the tests. It runs them thousands of times, on instrumented code, so measurements of time
 * have no meaning and long tests take too long.
 */
export const IS_MUTATION_RUN: boolean = process.env.WS101_MUTATION !== undefined;
