// `JSONObject` is an `OrderedDictionary`: whoever imports JSON may use its members without naming a second module.
@_exported public import OrderedCollections
