// The function of `FUNCTION`, as the framework calls one: arguments in the body, result as JSON.
//
//   npm install    once
//   FUNCTION=/path/index.js npx functions-framework --target=call --port=…

const call = require(process.env.FUNCTION);

exports.call = async (request, response) => {
  response.json(await call({ args: request.body }));
};
