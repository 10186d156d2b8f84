@rem On Windows, for the "exec" of the scripts in package.json. Elsewhere it makes a signal to npm reach
@rem the program instead of a shell that would only wait for it.
@%*
